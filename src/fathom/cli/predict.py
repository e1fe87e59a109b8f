"""`fathom predict`: answers for new rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def predict(
    run: Annotated[str, typer.Argument(help="A run's folder, such as runs/latest.")],
    data: Annotated[
        str, typer.Argument(help="A table, or .npy, with the model's columns.")
    ],
    out: Annotated[
        str | None,
        typer.Option(
            help="New file: .csv, .tsv, .parquet or .jsonl. [CSV on stdout]",
            metavar="FILE",
        ),
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option(
            help="Add bounds, low and high, that hold the answer with this "
            "probability; for classes, which of them are in a set that does. The run "
            "must have been trained with --calibration.",
            metavar="COVERAGE",
        ),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Predict the target of every row of a table.

    For classes, their probabilities come with the prediction.

    \b
    Examples:
        fathom predict runs/latest iris
        fathom predict runs/latest new_houses.csv --out prices.csv
        fathom predict runs/latest new_houses.csv --interval 0.9
    """  # noqa: D301
    from fathom.cli.answers import answers, check_new_file, to_text, write_answers
    from fathom.cli.output import print_json, show_notes
    from fathom.cli.rows import rows_of
    from fathom.export.ensemble_folder import load_predictor

    if out is not None:
        check_new_file(Path(out))
    model = load_predictor(run)
    table = rows_of(model, data)
    if model.preprocessing is not None:
        show_notes(model.preprocessing.report(table))
    frame = answers(model, table, interval)
    if out is not None:
        write_answers(frame, Path(out))
        typer.echo(f"Wrote {frame.height} predictions to {out}", err=True)
    if json:
        print_json({"run": run, "data": data, "predictions": frame.to_dicts()})
    elif out is None:
        typer.echo(to_text(frame), nl=False)
