"""Modules, functions and tests stay small enough to be read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.house.sources import ROOT, modules, tree

MODULE, FUNCTION, PARAMETERS, TEST_FILE = 300, 50, 7, 500
# Modules that are tables, with the reason; these may have 500 lines.
TABLES: dict[str, str] = {
    "fathom.diagnose.thresholds": "every threshold of every rule, in one place",
}
# Public calls whose settings are what the user may name, one parameter each.
MANY_PARAMETERS = {"fathom.trained.train", "fathom.cli.train.train",
                   "fathom.cli.check.check", "fathom.cli.lr_find.lr_find",
                   "fathom.cli.compare.compare",
                   "fathom.rate_finder.finder.find_learning_rate",
                   "fathom.cross_validation.validation.cross_validate",
                   "fathom.tuning.search.tune", "fathom.cli.tune.tune"}  # fmt: skip


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring and its signature."""
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]


@pytest.mark.parametrize("name", modules())
def test_module_is_short(name: str) -> None:
    lines = len(modules()[name].read_text("utf-8").splitlines())
    assert lines <= (500 if name in TABLES else MODULE)


@pytest.mark.parametrize("name", modules())
def test_functions_are_short(name: str) -> None:
    long = {f.name: body_lines(f) for f in functions(modules()[name])}
    assert {f: n for f, n in long.items() if n > FUNCTION} == {}


@pytest.mark.parametrize("name", modules())
def test_functions_take_few_parameters(name: str) -> None:
    def count(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        arguments = function.args
        names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return len([a for a in names if a.arg not in ("self", "cls")])

    many = {
        f.name: count(f)
        for f in functions(modules()[name])
        if f"{name}.{f.name}" not in MANY_PARAMETERS and f.name != "__init__"
    }
    assert {f: n for f, n in many.items() if n > PARAMETERS} == {}


def test_test_files_are_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in (ROOT / "tests").rglob("*.py")
    }
    assert {name: n for name, n in lengths.items() if n > TEST_FILE} == {}
