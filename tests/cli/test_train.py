"""`fathom train`: what it leaves behind, what it says, and how it is repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.cli.conftest import QUICK, QUICKEST, Cli, assert_refused, files

import fathom as fm
from fathom.record.events import read_events

RUN_FILES = {
    "README.md", "config.yaml", "run.json", "data/schema.json", "model/network.json",
    "model/weights.safetensors", "model/preprocess.json", "events.jsonl",
    "history.csv", "metrics.json", "checkpoints/checkpoint.json",
}  # fmt: skip


def weights(run: Path) -> bytes:
    return (run / "model" / "weights.safetensors").read_bytes()


def test_a_run_leaves_all_its_files(cli: Cli, flowers: Path) -> None:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICK)
    assert result.code == 0, result.err
    assert files(flowers.parent / "run") >= RUN_FILES
    assert not [
        name for name in files(flowers.parent) if "tmp" in name or "new" in name
    ]


def test_run_json_says_what_happened(cli: Cli, flowers: Path) -> None:
    cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST, "--seed", 7)
    facts = json.loads((flowers.parent / "run" / "run.json").read_text())
    assert facts["status"] == "done"
    assert (facts["seed"], facts["epochs"]) == (7, 3)
    assert facts["why_stopped"] == "Stopped after 3 epochs: all epochs are done."
    assert facts["data"]["rows"] == 60
    assert facts["data"]["digest"] == fm.read(flowers, target="kind").digest()
    assert facts["versions"]["fathom"] == fm.__version__


def test_the_schema_holds_which_rows_were_for_what(cli: Cli, flowers: Path) -> None:
    cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    schema = json.loads((flowers.parent / "run" / "data" / "schema.json").read_text())
    rows = [row for part in schema["split"].values() for row in part]
    assert sorted(rows) == list(range(60))
    assert schema["rows"] == {"all": 60, "training": 38, "validation": 10, "test": 12}
    assert [column["kind"] for column in schema["columns"]][2] == "category"


def test_every_epoch_is_in_history_and_events(cli: Cli, flowers: Path) -> None:
    cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    run = flowers.parent / "run"
    assert len((run / "history.csv").read_text().splitlines()) == 4
    events = [event["event"] for event in read_events(run / "events.jsonl")]
    assert events == ["compiled", "epoch", "epoch", "epoch", "stopped", "ended"]


def test_the_saved_model_is_the_one_that_was_measured(cli: Cli, flowers: Path) -> None:
    cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST)
    run = flowers.parent / "run"
    schema = json.loads((run / "data" / "schema.json").read_text())
    test = fm.read(flowers, target="kind").rows(schema["split"]["test"])
    measured = json.loads((run / "metrics.json").read_text())["network"]
    assert fm.load(run).evaluate(test)["accuracy"] == measured["accuracy"]


def test_network_and_baselines_are_shown_side_by_side(cli: Cli, flowers: Path) -> None:
    out = cli("train", flowers, "--target", "kind", "--out", "run", *QUICK).out
    for name in ("network", "majority class", "logistic regression", "gradient"):
        assert f"\n{name}" in out
    assert "On 12 test rows" in out
    assert "The network" in out


def test_the_end_says_why_where_and_what_next(cli: Cli, flowers: Path) -> None:
    out = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST).out
    assert "Stopped after 3 epochs: all epochs are done. Best epoch: 3." in out
    assert f"  fathom predict run {flowers} --out predictions.csv\n" in out


def test_the_next_commands_run_as_they_are(cli: Cli, flowers: Path) -> None:
    out = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST).out
    commands = [
        line.split()[1:] for line in out.splitlines() if line[:9] == "  fathom "
    ]
    assert len(commands) == 2
    for command in commands:
        result = cli(*command)
        assert result.code == 0, result.err


def test_the_columns_are_shown_with_kind_and_missing(cli: Cli, flowers: Path) -> None:
    out = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST).out
    line = next(line for line in out.splitlines() if line.startswith("color"))
    table = fm.read(flowers, target="kind")
    assert line.split() == ["color", "category", str(table.columns[2].n_missing), "2"]


def test_elsewhere_than_on_a_terminal_epochs_are_plain_lines(
    cli: Cli, flowers: Path
) -> None:
    out = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST).out
    lines = [line for line in out.splitlines() if line.startswith("epoch ")]
    assert lines[0].startswith("epoch 1/3  loss ")
    assert lines[-1].startswith("epoch 3/3  loss ")
    assert "ms/step" in lines[0]
    assert "\x1b" not in out


def test_json_is_the_only_thing_on_stdout(cli: Cli, flowers: Path) -> None:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICK, "--json")
    content = json.loads(result.out)
    assert (content["run"], content["status"]) == ("run", "done")
    assert content["network"]["accuracy"] >= 0
    assert [one["kind"] for one in content["baselines"]].count("classical") == 2
    assert "epoch 3/3" in result.err


def test_quiet_prints_the_folder_only(cli: Cli, flowers: Path) -> None:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST, "-q")
    assert (result.out, result.err) == ("run\n", "")


def test_latest_names_the_newest_run(cli: Cli, flowers: Path) -> None:
    for seed in (0, 1):
        cli("train", flowers, "--target", "kind", *QUICKEST, "--seed", seed)
    latest = (flowers.parent / "runs" / "latest").read_text().strip()
    facts = json.loads((flowers.parent / "runs" / latest / "run.json").read_text())
    assert facts["seed"] == 1
    assert cli("predict", "runs/latest", flowers).code == 0


def test_a_run_is_repeated_bit_by_bit_from_its_config(cli: Cli, flowers: Path) -> None:
    cli("train", flowers, "--target", "kind", "--out", "one", *QUICKEST, "--seed", 3)
    cli("train", "--config", "one/config.yaml", "--out", "two")
    one, two = flowers.parent / "one", flowers.parent / "two"
    assert weights(one) == weights(two)
    assert (one / "config.yaml").read_text() == (two / "config.yaml").read_text()


def test_flags_beat_the_config_which_beats_defaults(cli: Cli, flowers: Path) -> None:
    (flowers.parent / "run.yaml").write_text(
        "target: kind\nepochs: 9\nbatch_size: 8\nhidden: 4\nlearning_rate: 1e-2\n"
        "baselines: false\n"
    )
    result = cli(
        "train", flowers, "--config", "run.yaml", "--epochs", 2, "--out", "run"
    )
    assert result.code == 0, result.err
    config = yaml.safe_load((flowers.parent / "run" / "config.yaml").read_text())
    assert (config["epochs"], config["batch_size"], config["seed"]) == (2, 8, 0)
    assert (config["hidden"], config["learning_rate"]) == ([4], 0.01)


WRONG_CONFIGS = {
    "unknown key": ("epoch: 5\n", "Did you mean 'epochs'?"),
    "not a mapping": ("- epochs\n", "lines such as"),
    "not YAML": ("epochs: [5\n", "not YAML"),
    "an object": ("epochs: !!python/object/apply:os.getcwd []\n", "not YAML"),
    "a word for a number": ("epochs: many\n", "'epochs'"),
    "kinds as a list": ("kinds: [number]\n", "'kinds'"),
    "a word for a flag": ("batch_norm: perhaps\n", "'batch_norm'"),
}


@pytest.mark.parametrize("name", WRONG_CONFIGS)
def test_a_wrong_config_is_refused(name: str, cli: Cli, folder: Path) -> None:
    content, said = WRONG_CONFIGS[name]
    (folder / "run.yaml").write_text(content)
    assert_refused(cli("train", "iris", "--config", "run.yaml"), said)
    assert files(folder) == {"run.yaml"}


def test_several_targets_are_numbers_of_their_own(cli: Cli, folder: Path) -> None:
    rows = [f"{i % 9},{i * 0.25},{i * -1.5}" for i in range(40)]
    (folder / "data.csv").write_text("\n".join(["x,up,down", *rows]))
    result = cli("train", "data.csv", "--target", "up,down", "--out", "run", *QUICK)
    assert result.code == 0, result.err
    out = cli("predict", "run", "data.csv").out
    assert out.splitlines()[0] == "prediction_up,prediction_down"


def test_a_run_that_diverges_keeps_good_weights_and_exits_1(
    cli: Cli, flowers: Path
) -> None:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICKEST,
                 "--learning-rate", "1e38", "--optimizer", "sgd", "--activation",
                 "identity", "--early-stopping", 0)  # fmt: skip
    assert result.code == 1
    assert "NaN or infinite" in result.err
    facts = json.loads((flowers.parent / "run" / "run.json").read_text())
    assert (facts["status"], facts["stopped"]) == ("failed", "non_finite")
    assert cli("predict", "run", flowers).code == 0


def test_without_test_rows_nothing_is_claimed(cli: Cli, flowers: Path) -> None:
    result = cli("train", flowers, "--target", "kind", "--out", "run", *QUICK,
                 "--test", 0, "--validation", 0)  # fmt: skip
    assert result.code == 0, result.err
    assert "nothing is known about new rows" in result.out
    assert not (flowers.parent / "run" / "metrics.json").exists()


def test_no_record_keeps_the_numbers_of_epochs_only(cli: Cli) -> None:
    assert cli("train", "iris", "--no-record", "--out", "run", *QUICKEST).code == 0
    history = fm.read_history("run")
    assert len(history["loss"]) == 3
    assert not len(history.steps)
