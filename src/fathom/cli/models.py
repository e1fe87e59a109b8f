"""`fathom models`: the architectures that train by name."""

from __future__ import annotations

from typing import Annotated

import typer


def models(
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """List the architectures, which train by name.

    \b
    Examples:
        fathom models
        fathom train digits --model lenet
    """  # noqa: D301
    from fathom.cli.output import make_console, make_table, print_json, say
    from fathom.models.recipes import RECIPES, TAKES

    if json:
        described = [
            {"name": name, "takes": recipe.takes, "about": recipe.about}
            for name, recipe in RECIPES.items()
        ]
        print_json({"models": described})
        return
    console = make_console()
    table = make_table(["name", "takes", "what it is"], right_from=3)
    for name, recipe in RECIPES.items():
        table.add_row(name, recipe.takes, recipe.about)
    console.print(table)
    console.print()
    used = {recipe.takes for recipe in RECIPES.values()}
    for takes, meaning in TAKES.items():
        if takes in used:
            say(console, f"{takes}: {meaning}")
    say(console, "Train one by its name: fathom train digits --model lenet")
