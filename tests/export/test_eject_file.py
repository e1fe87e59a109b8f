"""The ejected file as a file: its form, its safety, and what is refused."""

from __future__ import annotations

import ast
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.catalogue import LAYERS
from tests.conformance.test_layers import made
from tests.export.ejected import bare, imported, run

import fathom as fm
from fathom.data.target import TargetCoding
from fathom.errors import InputError
from fathom.export.eject import eject, source
from fathom.export.eject_source import library
from fathom.model import Model


@pytest.fixture
def model() -> Model:
    target = TargetCoding("classification", ("kind",), ("tulip", "rose"))
    network = fm.Network([fm.Dense(4, "relu"), fm.Dense(2, "softmax")], (3,))
    return Model(network, bare(network).variables, target=target)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the whole catalogue, and of a table."""
    path = tmp_path_factory.mktemp("ejected")
    for i, row in enumerate(LAYERS):
        network, variables, _ = made(row)
        eject(bare(network, variables), path / f"layer_{i}.py")
    padded = fm.Network([fm.Masking(), fm.GlobalAveragePool()], (3, 2))
    eject(bare(padded), path / "padded.py")
    table = fm.datasets.load("breast_cancer")
    eject(fm.train("mlp", table, epochs=1).model, path / "table.py")
    eject(fm.train("lenet", "digits", epochs=1).model, path / "images.py")
    return path


def ruff(*arguments: object) -> str:
    """What the linter says with its default rules; skipped where it is not there."""
    command = [sys.executable, "-m", "ruff", *map(str, arguments), "--isolated"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No module named ruff" in done.stderr:
        pytest.skip("ruff is not installed")
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_files_pass_a_linter_and_are_formatted(folder: Path) -> None:
    assert ruff("check", folder) == ""
    assert ruff("format", "--diff", folder) == ""


def test_no_line_is_longer_than_88_characters(folder: Path) -> None:
    for path in folder.glob("*.py"):
        assert max(map(len, path.read_text("utf-8").splitlines())) <= 88


def test_nothing_in_the_files_can_run_what_was_saved(folder: Path) -> None:
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name):
                assert node.id not in ("eval", "exec", "compile", "__import__", "open")
            if isinstance(node, ast.Import):
                assert "pickle" not in [alias.name for alias in node.names]


def test_every_function_of_the_library_is_used_by_some_network(folder: Path) -> None:
    written = "\n".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    layers = "eject_layers", "eject_convolution", "eject_sequences", "eject_spiking"
    for name, piece in library()[1].items():
        if piece.module in layers and not piece.is_constant:
            assert f"def {name}(" in written, name


def test_it_starts_in_well_under_a_second(model: Model, tmp_path: Path) -> None:
    program, _ = eject(model, tmp_path / "flower.py")
    (tmp_path / "rows.csv").write_text("a,b,c\n1,2,3\n")
    before = os.times()
    done = run(program, tmp_path / "rows.csv")
    after = os.times()
    user = after.children_user - before.children_user
    assert user + after.children_system - before.children_system < 1.0
    assert done.stdout.startswith("prediction,probability_tulip,probability_rose\n")


def test_a_mistake_is_one_line_and_no_traceback(model: Model, tmp_path: Path) -> None:
    program, _ = eject(model, tmp_path / "flower.py")
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    usage, missing = run(program), run(program, tmp_path / "no.csv")
    wrong = run(program, tmp_path / "rows.csv")
    assert "Usage: python" in usage.stderr
    assert "No such file" in missing.stderr
    assert "Expected finite numbers" in wrong.stderr
    for done in (usage, missing, wrong):
        assert done.returncode == 1
        assert "Traceback" not in done.stderr


def test_a_folder_gets_predict_and_weights(model: Model, tmp_path: Path) -> None:
    program, weights = eject(model, tmp_path / "deep" / "out")
    assert program == tmp_path / "deep" / "out" / "predict.py"
    assert weights == tmp_path / "deep" / "out" / "weights.safetensors"
    assert imported(program).predict(np.ones((2, 3))).shape == (2,)


def test_a_file_has_its_weights_beside_it(model: Model, tmp_path: Path) -> None:
    program, weights = eject(model, tmp_path / "flower.py")
    assert weights == tmp_path / "flower.safetensors"
    assert "from flower import predict" in program.read_text("utf-8")
    assert imported(program).predict(np.ones((2, 3))).shape == (2,)


@pytest.mark.parametrize("there", ["out/note.txt", "out.py", "out.safetensors"])
def test_nothing_is_ever_overwritten(there: str, model: Model, tmp_path: Path) -> None:
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("mine")
    target = tmp_path / ("out" if there.startswith("out/") else "out.py")
    with pytest.raises(InputError, match="ever overwritten"):
        eject(model, target)
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept == [tmp_path / there]


def test_the_folder_here_is_a_folder(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert eject(model, ".")[0] == Path("predict.py")


def test_a_place_that_is_not_there_is_refused(model: Model, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot write to"):
        eject(model, tmp_path / "nowhere" / "flower.py")


@pytest.mark.parametrize("change", ["cut", "moved", "header"])
def test_damaged_weights_are_refused(change: str, model: Model, tmp_path: Path) -> None:
    program, weights = eject(model, tmp_path / "out")
    content = weights.read_bytes()
    if change == "cut":
        content = content[:-4]
    elif change == "moved":
        content = content.replace(b'"data_offsets":[0,', b'"data_offsets":[8,', 1)
    else:
        content = struct.pack("<Q", 20) + content[8:]
    weights.write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged|Extra data|Expecting|Unterminated"):
        imported(program)


def test_names_cannot_break_out_of_the_file(tmp_path: Path) -> None:
    name = 'a"""\\"; import os #'
    table = fm.read({name: ["x'\"", "y\\", "z\n"] * 9, "b": range(27)}, target="b")
    model = fm.train("mlp", table, epochs=1).model
    program, _ = eject(model, tmp_path / "out", data='"""\\')
    module = imported(program)
    assert not hasattr(module, "os")
    assert [name] == module.COLUMNS
    rows = [{name: "x'\""}, {name: "y\\"}]
    np.testing.assert_allclose(module.predict(rows), model.predict(rows), rtol=1e-5)


def test_the_introduction_says_what_it_is_and_how_to_run_it() -> None:
    model = fm.train("mlp", "iris", epochs=2).model
    text = source(model, "flowers.py", "flowers.safetensors", "iris")
    introduction = ast.get_docstring(ast.parse(text)) or ""
    assert introduction.startswith("A neural network that predicts species, in NumPy")
    assert "python flowers.py rows.csv" in introduction
    assert "from flowers import predict" in introduction
    assert "learned from 150 rows of iris in 2 epochs" in introduction.replace(
        "\n", " "
    )


def test_what_names_no_file_is_refused(model: Model) -> None:
    nothing: Any = None
    with pytest.raises(InputError, match=r"name of a file .* Got None"):
        eject(model, nothing)
