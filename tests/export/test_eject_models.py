"""Whole models, ejected: the same answers from raw rows as `Model.predict`."""

from __future__ import annotations

import csv
import functools
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.export.ejected import assert_same, bare, ejected, run

import fathom as fm
from fathom import models
from fathom.data.target import TargetCoding
from fathom.export.eject import eject
from fathom.model import Model

BUNDLED = [("breast_cancer", "mlp"), ("iris", "mlp"), ("diabetes", "mlp"),
           ("digits", "lenet")]  # fmt: skip


@functools.cache
def trained(data: str, recipe: str) -> tuple[fm.Table, Model]:
    """A bundled data set and a model of it, trained for a moment."""
    table = fm.datasets.load(data)
    return table, fm.train(recipe, table, epochs=2).model


@pytest.mark.parametrize(("data", "recipe"), BUNDLED)
def test_a_bundled_set_gives_the_same_answers(
    data: str, recipe: str, tmp_path: Path
) -> None:
    table, model = trained(data, recipe)
    module = ejected(model, tmp_path)
    as_dicts, as_array = table.raw.to_dicts(), table.raw.to_numpy()
    if model.task == "classification":
        expected = model.predict_proba(table)
        assert_same(module.predict_proba(as_dicts), expected)
        assert_same(module.predict_proba(as_array), expected)
        sure = np.sort(expected)[:, -1] - np.sort(expected)[:, -2] > 1e-4
        assert (module.predict(as_dicts) == model.predict(table))[sure].all()
    else:
        assert_same(module.predict(as_dicts), model.predict(table))


def test_a_file_run_by_itself_prints_what_fathom_predicts(tmp_path: Path) -> None:
    table, model = trained("iris", "mlp")
    program, _ = eject(model, tmp_path / "iris.py")
    table.raw.write_csv(tmp_path / "rows.csv")
    done = run(program, tmp_path / "rows.csv")
    assert done.returncode == 0, done.stderr
    head, *lines = csv.reader(io.StringIO(done.stdout))
    assert head == ["prediction", *(f"probability_{c}" for c in model.classes)]
    shares = np.array([line[1:] for line in lines], float)
    assert_same(shares, model.predict_proba(table))


def test_images_go_in_as_images_too(tmp_path: Path) -> None:
    table, model = trained("digits", "lenet")
    module = ejected(model, tmp_path)
    images = table.X[:5].reshape(-1, 8, 8)
    expected = model.predict_proba(images)
    assert_same(module.predict_proba(images), expected)
    assert_same(module.predict_proba(images[..., None]), expected)


@pytest.mark.parametrize(
    ("network", "x"),
    [
        (models.lenet_1989((16, 16, 1), 10), (2, 16, 16, 1)),
        (models.neocognitron((16, 16, 1), 10), (2, 16, 16, 1)),
        (models.resnet((8, 8, 3), 4), (2, 8, 8, 3)),
        (models.lstm((6, 3), 2), (2, 6, 3)),
        (models.transformer_classifier(20, 6, 3, width=8, heads=2), (2, 6)),
        (
            models.transformer_language_model(
                20, 6, width=8, heads=2, n_blocks=3, positions="rotary"
            ),
            (2, 6),
        ),
    ],
    ids=["lenet_1989", "neocognitron", "resnet", "lstm", "classifier", "language"],
)
def test_a_known_architecture_gives_the_same(
    network: fm.Network, x: tuple[int, ...], tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=x) if len(x) > 2 else random.integers(0, 20, x)
    model = bare(network)
    assert_same(ejected(model, tmp_path).predict(rows), model.predict(rows))


def test_a_network_of_two_sequences_gives_the_same(tmp_path: Path) -> None:
    network = models.sequence_to_sequence((9, 6), (7, 4), width=8, heads=2)
    random = np.random.default_rng(0)
    rows = {"source": random.integers(0, 9, (3, 6)),
            "target": random.integers(0, 7, (3, 4))}  # fmt: skip
    rows["source"][0, 3:] = 0
    model = bare(network)
    program, _ = eject(model, tmp_path / "out")
    np.savez(tmp_path / "rows.npz", **rows)
    done = run(program, tmp_path / "rows.npz")
    assert done.returncode == 0, done.stderr
    printed = np.loadtxt(io.StringIO(done.stdout), delimiter=",", skiprows=1)
    assert_same(printed, model.predict(rows).reshape(3, -1))


def targets(task: str, n: int, **rest: Any) -> TargetCoding:
    names = ("target",) if task == "classification" else tuple("ab"[:n])
    return TargetCoding(task, names, **rest)


@pytest.mark.parametrize(
    ("layers", "target"),
    [
        ([fm.Dense(1, "sigmoid")], targets("classification", 2, classes=("no", "yes"))),
        ([fm.Dense(2, "softmax")], targets("classification", 2, classes=(False, True))),
        ([fm.Dense(1)], targets("regression", 1, mean=(5.0,), std=(2.5,))),
        ([fm.Dense(2)], targets("regression", 2, mean=(5.0, 0.0), std=(2.5, 1.0))),
        (
            [fm.Reshape((3, 1)), fm.Dense(2, "softmax")],
            targets("classification", 2, classes=(0, 1)),
        ),
        ([fm.Dense(4), fm.Reshape((2, 2))], None),
    ],
    ids=["sigmoid", "booleans", "number", "numbers", "steps", "outputs"],
)
def test_every_kind_of_answer_is_the_same_and_printed(
    layers: list[fm.Layer], target: TargetCoding | None, tmp_path: Path
) -> None:
    network = fm.Network(layers, input_shape=(3,))
    model = Model(network, bare(network).variables, target=target)
    rows = np.random.default_rng(0).normal(size=(40, 3))
    program, _ = eject(model, tmp_path / "out")
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="a,b,c", comments="")
    module = ejected(model, tmp_path)
    expected = model.predict(rows)
    if target is not None and target.classes is not None:
        assert_same(module.predict_proba(rows), model.predict_proba(rows))
        assert module.predict(rows).tolist() == expected.tolist()
    else:
        assert_same(module.predict(rows), expected)
    done = run(program, tmp_path / "rows.csv")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 41
