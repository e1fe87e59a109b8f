"""`fathom explain`: the arithmetic of one prediction, forward and backward."""

from __future__ import annotations

from typing import Annotated

import typer


def explain(
    run: Annotated[str, typer.Argument(help="A run's folder, such as runs/latest.")],
    data: Annotated[
        str, typer.Argument(help="A table, or .npy, with the model's columns.")
    ],
    row: Annotated[
        int | None,
        typer.Option(
            help="Row of the table, from 0. [the largest mistake if the table has the "
            "answers, else 0]",
            metavar="N",
        ),
    ] = None,
    neuron: Annotated[
        str | None,
        typer.Option(help="Address of one neuron: hidden_1:17.", metavar="ADDRESS"),
    ] = None,
    backward: Annotated[
        bool, typer.Option("--backward", help="Backpropagation and the update.")
    ] = False,
    optimizer: Annotated[
        str, typer.Option(help="Whose update is shown.", metavar="NAME")
    ] = "sgd",
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Show how the model came to its answer for one row, neuron by neuron.

    Every weighted sum is written out: inputs, weights, products, bias, activation.
    With --backward, the chain rule from the loss back to each weight, and the update.

    \b
    Examples:
        fathom explain runs/latest iris --row 70
        fathom explain runs/latest iris --row 70 --neuron hidden_1:5
        fathom explain runs/latest iris --row 70 --neuron hidden_1:5 --backward
    """  # noqa: D301
    from fathom.cli.explanation import Question, show_explanation
    from fathom.cli.output import print_json

    question = Question.of(run, data, row)
    how = {"optimizer": optimizer} if backward else None
    content = question.content(neuron, how)
    if json:
        print_json({key: value for key, value in content.items() if key != "shown"})
    else:
        show_explanation(question, content, neuron)
