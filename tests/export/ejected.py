"""Ejected files, written and run where neither Fathom nor JAX can be imported."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import jax
import numpy as np

import fathom as fm
from fathom.export.eject import eject
from fathom.model import Model

BLOCKED = ("fathom", "jax", "jaxlib", "polars", "sklearn", "safetensors", "pandas")
_NUMBERS = itertools.count()


def imported(program: Path) -> ModuleType:
    """The file as a fresh module; what it imports is NumPy and the standard library."""
    names = set()
    for node in ast.walk(ast.parse(program.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names.add(str(node.module).split(".")[0])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
    assert names <= {*sys.stdlib_module_names, "numpy"}
    spec = importlib.util.spec_from_file_location(f"ejected_{next(_NUMBERS)}", program)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, dict.fromkeys(BLOCKED)):
        spec.loader.exec_module(module)
    return module


def ejected(model: Model, folder: Path) -> ModuleType:
    """A model, written to a new folder and imported from there."""
    program, _ = eject(model, folder / f"model_{next(_NUMBERS)}")
    return imported(program)


def bare(network: fm.Network, variables: Any = None) -> Model:
    """A model of a network with its start values, or others."""
    variables = network.init(0) if variables is None else variables
    return Model(network, jax.device_get(variables))


def assert_same(got: Any, expected: Any) -> None:
    """Equal shapes, and numbers within 1e-5 of the largest."""
    expected = np.asarray(expected)
    assert got.shape == expected.shape
    largest = float(np.abs(expected).max())
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5 * largest)


def run(program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the file in a process of its own, in which nothing else can be imported."""
    code = f"""
import json, runpy, sys
sys.modules.update(dict.fromkeys({BLOCKED}))
sys.argv = json.loads(sys.argv[1])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    words = json.dumps([str(program), *map(str, arguments)])
    return subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", code, words],
        capture_output=True,
        text=True,
        check=False,
    )
