"""Settings of every test: strict types and ranks, and a compilation cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Compilation dominates the test run; programs are kept between tests and runs.
_CACHE = Path(__file__).parent.parent / ".pytest_cache" / "programs"
os.environ.setdefault("FATHOM_CACHE_DIR", str(_CACHE))
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax  # noqa: E402
import pytest  # noqa: E402

from fathom.compilation import keep_cache  # noqa: E402

# A silent cast or a row added to every column by accident is an error here.
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")
keep_cache()


@pytest.fixture
def float64() -> Iterator[None]:
    """Compute in float64, in which finite differences are exact enough to compare."""
    with jax.enable_x64(True):
        yield
