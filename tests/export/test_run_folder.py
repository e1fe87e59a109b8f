"""The run folder: never over anything, nothing half there, and it says how it ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fathom.errors import InputError
from fathom.experiment import ExperimentSettings, run
from fathom.export.run_folder import RunFolder, check_free, find_run, new_run_path

QUICK = ExperimentSettings(hidden=(4,), epochs=2, baselines=False)


def test_two_runs_in_one_second_get_folders_of_their_own(tmp_path: Path) -> None:
    first = new_run_path("iris", tmp_path)
    first.mkdir()
    assert new_run_path("iris", tmp_path) != first


@pytest.mark.parametrize("name", ["../../up", "a/b", "", "..", "C:\\x", "x" * 500])
def test_a_name_never_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    path = new_run_path(name, tmp_path)
    assert path.parent == tmp_path
    path.mkdir()


def test_checking_a_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    check_free(tmp_path / "deep" / "down" / "run")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    experiment = run("iris", QUICK, out=tmp_path)
    assert experiment.path == tmp_path
    assert (tmp_path / "model" / "weights.safetensors").exists()


def test_latest_is_found_through_its_text_file(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    run("iris", QUICK, out=tmp_path / "runs" / "mine")
    assert find_run(tmp_path / "runs" / "latest") == tmp_path / "runs" / "mine"


def test_outside_of_runs_no_pointer_is_left(tmp_path: Path) -> None:
    run("iris", QUICK, out=tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_pointer_leads_to_a_sibling_only(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    run("iris", QUICK, out=tmp_path / "elsewhere")
    (tmp_path / "runs" / "latest").write_text("../elsewhere")
    with pytest.raises(InputError, match="There is no run"):
        find_run(tmp_path / "runs" / "latest")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": "fathom run"}', "\0"])
def test_a_damaged_run_json_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json"):
        RunFolder(tmp_path, resume=True)


def test_an_error_in_the_middle_is_noted_in_the_run(tmp_path: Path) -> None:
    def fail(event: str, **content: object) -> None:
        if event == "epoch":
            raise RuntimeError("the listener fell over")

    with pytest.raises(RuntimeError, match="fell over"):
        run("iris", QUICK, out=tmp_path / "run", listeners=[fail])
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert facts["status"] == "failed"
    assert "the listener fell over" in facts["why_stopped"]


def test_nothing_is_pickled_and_all_json_is_json(tmp_path: Path) -> None:
    path = run("iris", QUICK, out=tmp_path / "run").path
    assert path is not None
    kinds = {file.suffix for file in path.rglob("*") if file.is_file()}
    assert kinds == {".md", ".yaml", ".json", ".jsonl", ".csv", ".safetensors"}

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    for file in path.rglob("*.json"):
        json.loads(file.read_text(), parse_constant=refuse)


def test_the_card_holds_result_columns_and_use(tmp_path: Path) -> None:
    settings = ExperimentSettings(hidden=(4,), epochs=2)
    experiment = run("wine", settings, out=tmp_path / "run")
    card = (tmp_path / "run" / "README.md").read_text()
    assert card.startswith("# wine: cultivar\n")
    assert experiment.verdict in card
    assert f'fm.load("{tmp_path / "run"}")' in card
    assert "| logistic regression | " in card
    assert all(f"| {column.name} | number |" in card
               for column in experiment.table.columns)  # fmt: skip


def test_a_run_of_data_in_memory_is_resumed_from_python(tmp_path: Path) -> None:
    data = {"x": [float(i % 9) for i in range(40)], "y": ["a", "b"] * 20}
    settings = ExperimentSettings(
        target="y", hidden=(4,), epochs=2, baselines=False, early_stopping=None
    )
    run(data, settings, out=tmp_path / "run")
    longer = ExperimentSettings(
        target="y", hidden=(4,), epochs=5, baselines=False, early_stopping=None
    )
    resumed = run(data, longer, out=tmp_path / "run", resume=True)
    straight = run(data, longer)
    assert resumed.history["loss"].tolist() == straight.history["loss"].tolist()
