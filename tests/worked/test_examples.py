"""The short examples run, and print what they are there to show."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("neuron", ["0.9990889", "weights [ 3.   -1.99] bias 1.0"]),
        (
            "perceptron",
            ["Converged after", "line x2 =", "the data are not linearly separable"],
        ),
        (
            "xor",
            [
                "not linearly separable",
                "[0.0, 0.0] -> 0",
                "[0.0, 1.0] -> 1",
                "[1.0, 0.0] -> 1",
                "[1.0, 1.0] -> 0",
            ],
        ),
    ],
)
def test_example_prints_what_it_is_there_to_show(name, shown, capsys):
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert [text for text in shown if text not in printed] == []
