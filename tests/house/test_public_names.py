"""What is public exists, is documented and is imported lazily."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from tests.house.sources import modules

import fathom as fm


@pytest.mark.parametrize("name", [n for n in fm.__all__ if n != "__version__"])
def test_public_name_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(fm, name))


@pytest.mark.parametrize("name", fm.__all__)
def test_public_methods_have_docstrings(name: str) -> None:
    thing = getattr(fm, name)
    if not inspect.isclass(thing):
        return
    bare = [
        method
        for method, value in vars(thing).items()
        if not method.startswith("_")
        and (inspect.isfunction(value) or isinstance(value, property))
        and not inspect.getdoc(value)
    ]
    assert bare == []


def test_no_module_hides_a_public_name() -> None:
    """A module imported from a package becomes an attribute of it, under its name."""
    tops = {name.split(".")[1] for name in modules() if "." in name}
    hidden = [
        name
        for name in fm.__all__
        if name in tops and not inspect.ismodule(getattr(fm, name))
    ]
    assert hidden == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Dens'"):
        fm.Dens  # noqa: B018


@pytest.mark.parametrize("statement", ["import fathom", "import fathom.cli.main"])
def test_importing_is_quick_because_it_imports_little(statement: str) -> None:
    heavy = {"jax", "sklearn", "polars", "optax", "pandas", "numpy"}
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not heavy & set(done.stdout.split())


def test_training_on_arrays_does_not_import_the_table_libraries() -> None:
    code = """
import sys, fathom as fm, numpy as np
X, y = np.ones((6, 2)), np.array([0, 1] * 3)
fm.train(fm.Network([fm.Dense(2, "softmax")], (2,)), (X, y), epochs=1, validation=0.5)
print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"sklearn", "polars", "pandas"} & set(done.stdout.split())
