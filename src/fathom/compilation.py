"""How programs are compiled: options that pay, and a cache kept on disk."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import jax


@lru_cache(maxsize=1)
def keep_cache() -> None:
    """Keep compiled programs on disk, unless the user has said otherwise.

    They go to the user's cache folder, or to the folder that the environment variable
    `FATHOM_CACHE_DIR` names; if it is empty, nothing is kept. A cache that JAX was
    told to use is left as it is. Called once, by the first training.
    """
    folder = os.environ.get("FATHOM_CACHE_DIR")
    if folder == "" or jax.config.values.get("jax_compilation_cache_dir"):
        return
    if folder is None:
        from platformdirs import user_cache_dir

        folder = os.path.join(user_cache_dir("fathom", appauthor=False), "programs")
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError:  # a home that cannot be written to costs time, nothing else
        return
    jax.config.update("jax_compilation_cache_dir", folder)
    # Small networks compile in less than the default second, and are most of the use.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


@lru_cache(maxsize=2)
def compiler_options(has_convolutions: bool = False) -> dict[str, Any] | None:
    """Return XLA options that pay on this device, or None.

    Region analysis saves copies in loop bodies: 0.85 to 1.0 of the time on the CPU.
    Convolutions go to the library that uses all cores, and not to the one that uses
    one: 0.75 of the time; programs without them would be 1.09 times as slow.
    """
    options = {"xla_cpu_copy_insertion_use_region_analysis": True}
    if has_convolutions:
        kind = "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"
        both = _known({**options, "xla_cpu_experimental_ynn_fusion_type": kind})
        if both is not None:
            return both
    return _known(options)


@lru_cache(maxsize=1)
def quick_compilation() -> dict[str, Any] | None:
    """Return XLA options for a program that runs once, such as drawing start values.

    On the CPU, compiling takes half the time without optimization, and half of that
    again with the older emitter of fused loops, where XLA still has the choice.
    """
    slow = {"xla_backend_optimization_level": 0}
    return _known({**slow, "xla_cpu_use_fusion_emitters": False}) or _known(slow)


def _known(options: dict[str, Any]) -> dict[str, Any] | None:
    """Return the options if this is a CPU whose compiler knows them, else None.

    Unknown options raise an error whose type depends on the version of JAX.
    """
    if jax.default_backend() != "cpu":
        return None
    try:
        jax.jit(lambda x: x, compiler_options=options).lower(0.0).compile()
    except Exception:
        return None
    return options
