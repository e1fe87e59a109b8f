"""Settings of every test: strict types and ranks, and a compilation cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Compilation dominates the test run; programs are kept between tests and runs.
_CACHE = Path(__file__).parent.parent / ".pytest_cache" / "programs"
os.environ.setdefault("FATHOM_CACHE_DIR", str(_CACHE))
os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Workers share the cores: threads of small products would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What is computed is tested here, not how fast: compiling takes two thirds of the time
# without optimization, and two thirds of that with the older emitter of fused loops,
# which XLA has up to JAX 0.10. Where the bits matter, a test asks for what is usual.
HAS_OLDER_EMITTER = version("jaxlib").startswith("0.10.")
os.environ["XLA_FLAGS"] = " ".join(
    [
        "--xla_backend_optimization_level=0",
        *(["--xla_cpu_use_fusion_emitters=false"] * HAS_OLDER_EMITTER),
        os.environ.get("XLA_FLAGS", ""),
    ]
)

import jax  # noqa: E402
import pytest  # noqa: E402

from fathom.compilation import compiler_options, keep_cache  # noqa: E402
from fathom.training import program  # noqa: E402

# Linux aborts a process that maps more than 65,530 pieces of memory.
MANY_PIECES = 20_000

# A silent cast or a row added to every column by accident is an error here.
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")
keep_cache()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that were measured to be slow."""
    lines = (Path(__file__).parent / "slow.txt").read_text("utf-8").splitlines()
    slow = {line for line in lines if not line.startswith("#")}
    for item in items:
        if item.nodeid in slow:
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def float64() -> Iterator[None]:
    """Compute in float64, in which finite differences are exact enough to compare."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def as_users_compile(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compile the training program as it is compiled outside of tests."""

    def options(has_convolutions: bool) -> dict[str, Any]:
        chosen = compiler_options(has_convolutions) or {}
        emitter = {"xla_cpu_use_fusion_emitters": True} if HAS_OLDER_EMITTER else {}
        return {**chosen, **emitter, "xla_backend_optimization_level": 3}

    monkeypatch.setattr(program, "compiler_options", options)
    program._compiled.clear()
    yield
    program._compiled.clear()


@pytest.fixture(autouse=True, scope="module")
def _forget_programs() -> Iterator[None]:
    """Let compiled programs go before a process has mapped too much memory."""
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and maps.read_bytes().count(b"\n") > MANY_PIECES:
        jax.clear_caches()
        program._compiled.clear()
