"""Imports point only towards the start of the order in which data flows."""

from __future__ import annotations

import ast

from tests.house.sources import modules, tree

# What stands in one line may import from itself and from the lines above.
ORDER = [
    "version errors files plain compilation",
    "activations targets initializers losses contrast_losses logit_losses metrics "
    "optimizers schedules surrogates resampling intervals text_table",
    "layers",
    "variables passes network network_json summary weights",
    "models",
    "data",
    "record",
    "privacy",
    "training",
    "objectives",
    "examples arrays construction preparation agreement",
    "model",
    "inspect",
    "diagnose",
    "generation training_result trained",
    "cross_validation",
    "tuning",
    "uncertainty",
    "checking",
    "adversarial",
    "verdict",
    "export",
    "experiment",
    "estimators",
    "brain",
    "fairness",
    "report",
    "comparison",
    "rate_finder",
    "diagnosis",
    "cli",
    "__main__",
]
# Doors that import downwards only when they are used: a method of the object that a
# later module works on. Each is (module, what it imports).
DOORS = {
    ("network", "summary"),
    ("network", "network_json"),
    ("model", "export"),
    ("model", "inspect"),
    ("model", "fairness"),
    ("model", "uncertainty"),
    ("training_result", "cross_validation"),
    ("training_result", "uncertainty"),
    ("trained", "cross_validation"),
    ("cross_validation", "report"),
    ("uncertainty", "export"),
    ("uncertainty", "fairness"),
    ("fairness", "report"),
    ("tuning", "report"),
}
RANK = {name: i for i, line in enumerate(ORDER) for name in line.split()}


def imported(path: str) -> set[str]:
    """The first part under `fathom` of every import in a module."""
    names = set()
    for node in ast.walk(tree(modules()[path])):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            if parts[0] == "fathom":
                heads = parts[1:2] or [alias.name for alias in node.names]
                names.update(heads)
    return names


def test_every_module_has_its_place_in_the_order() -> None:
    tops = {name.split(".")[1] for name in modules() if "." in name}
    assert tops == set(RANK)


def test_imports_point_only_upwards() -> None:
    wrong = [
        (module, name)
        for module in modules()
        if "." in module
        for name in imported(module)
        if RANK[name] > RANK[module.split(".")[1]]
        and (module.split(".")[1], name) not in DOORS
    ]
    assert wrong == []


def test_no_module_is_a_drawer_for_anything() -> None:
    drawers = {"utils", "util", "helpers", "common", "base", "manager", "misc"}
    parts = {part for name in modules() for part in name.split(".")}
    assert not parts & drawers
