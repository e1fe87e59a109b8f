"""Who runs what: libraries, the settings each may choose from, and the tasks."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace

N_CORES = os.cpu_count() or 1
# One thread and all of them: small networks are often faster on one.
THREADS = tuple(sorted({1, N_CORES}))

EMPTY_CACHE = "empty"
WARM_CACHE = "warm"


@dataclass(frozen=True)
class Setting:
    """One way to run a library; the fastest of its settings speaks for it."""

    variant: str | None = None
    threads: int | None = None

    @property
    def arguments(self) -> list[str]:
        """Command line of the contestant's script."""
        given = {"--variant": self.variant, "--threads": self.threads}
        pairs = [(flag, str(v)) for flag, v in given.items() if v is not None]
        return [word for pair in pairs for word in pair]

    def __str__(self) -> str:
        threads = None if self.threads is None else f"{self.threads} threads"
        return ", ".join(part for part in (self.variant, threads) if part) or "default"


@dataclass(frozen=True)
class Contestant:
    """One row of the table.

    Attributes:
        name: As printed.
        module: What `python -m` runs.
        settings: Ways to run it.
        is_peer: Whether it runs in the peers' environment.
        cache: Which compilation cache a Fathom process finds, or None for no cache.
        cannot: Reason by task that it cannot do.
    """

    name: str
    module: str
    settings: tuple[Setting, ...] = (Setting(),)
    is_peer: bool = True
    cache: str | None = None
    cannot: tuple[tuple[str, str], ...] = ()


def _settings(*variants: str | None) -> tuple[Setting, ...]:
    return tuple(Setting(variant, n) for variant in variants for n in THREADS)


FATHOM = Contestant("Fathom", "benchmarks.fathom_train", is_peer=False)
PYTORCH = Contestant("PyTorch", "benchmarks.peers.pytorch", _settings("default"))
# Not the defaults: on the CPU `Adam()` loops over the tensors one by one.
PYTORCH_TUNED = Contestant(
    "PyTorch, tuned", "benchmarks.peers.pytorch", _settings("foreach", "fused")
)
SCIKIT_LEARN = Contestant(
    "scikit-learn",
    "benchmarks.peers.scikit_learn",
    _settings(None),
    cannot=(("residual", "no residual connections"),),
)
KERAS = Contestant(
    "Keras on JAX",
    "benchmarks.peers.keras_jax",
    (Setting("default"),),
)
# Not the default: `steps_per_execution` compiles several steps into one program.
KERAS_TUNED = Contestant(
    "Keras on JAX, tuned",
    "benchmarks.peers.keras_jax",
    (Setting("steps_5"), Setting("steps_20")),
)
# What torch.compile needs.
HAS_COMPILER = any(shutil.which(name) for name in ("c++", "g++", "clang++"))
PYTORCH_COMPILED = Contestant(
    "PyTorch, compiled", "benchmarks.peers.pytorch", _settings("compiled")
)
PEERS = (PYTORCH, PYTORCH_TUNED, SCIKIT_LEARN, KERAS, KERAS_TUNED)


@dataclass(frozen=True)
class Task:
    """One column of the table.

    Attributes:
        name: As used on the command line.
        title: As printed.
        workload: Name of the workload.
        epochs: Epochs by contestant's name; "" for all others. About a second of
            training or more each, so that the median is steady.
        measures: "ms_per_step", or "cold_seconds" from process start to the model.
        contestants: Who takes part.
    """

    name: str
    title: str
    workload: str
    epochs: dict[str, int]
    measures: str = "ms_per_step"
    contestants: tuple[Contestant, ...] = (FATHOM, *PEERS)

    def epochs_of(self, name: str) -> int:
        """Return the epochs that a contestant trains."""
        return self.epochs.get(name, self.epochs[""])


def _rivals(is_convolutional: bool, is_compiled: bool) -> tuple[Contestant, ...]:
    """Return who runs one of the workloads beyond dense layers.

    All twenty steps in one program would take Keras minutes to compile here.
    """
    eager = ("fused", "channels_last") if is_convolutional else ("fused",)
    built = ("compiled", "compiled_channels_last")[: 1 + is_convolutional]
    rivals = [
        FATHOM,
        PYTORCH,
        replace(PYTORCH_TUNED, settings=_settings(*eager)),
        KERAS,
        replace(KERAS_TUNED, settings=(Setting("steps_5"),)),
    ]
    if is_compiled and HAS_COMPILER:
        rivals.insert(3, replace(PYTORCH_COMPILED, settings=_settings(*built)))
    return tuple(rivals)


def _task(name: str, epochs: dict[str, int], is_compiled: bool = True) -> Task:
    rivals = _rivals(name.startswith("cnn"), is_compiled)
    return Task(name, f"{name}, ms per step", name, epochs, contestants=rivals)


TASKS = {
    task.name: task
    for task in (
        Task("small", "small, ms per step", "small", {"Fathom": 3000, "": 200}),
        Task("middle", "middle, ms per step", "middle", {"": 6}),
        Task(
            "residual",
            "residual, ms per step",
            "residual",
            {"Fathom": 30, "": 8},
        ),
        Task(
            "cold",
            "small, process start to model, s",
            "small",
            {"": 20},
            "cold_seconds",
            (
                Contestant("Fathom", FATHOM.module, is_peer=False, cache=EMPTY_CACHE),
                Contestant(
                    "Fathom, second process",
                    FATHOM.module,
                    is_peer=False,
                    cache=WARM_CACHE,
                ),
                *PEERS,
            ),
        ),
        _task("cnn", {"": 6}),
        _task("cnn_32", {"": 4}),
        # torch.compile leaves nn.LSTM as it is.
        _task("lstm", {"": 6}, is_compiled=False),
        _task("transformer", {"": 5}),
        _task("vae", {"Fathom": 12, "": 6}),
        _task("gan", {"Fathom": 12, "": 6}),
    )
}


@dataclass(frozen=True)
class Wanted:
    """Fathom is to be at least `factor` times as fast as each of `peers`."""

    task: str
    peers: tuple[str, ...]
    factor: float
    fathom: str = "Fathom"


_PYTORCH = ("PyTorch", "PyTorch, tuned")
_KERAS = ("Keras on JAX", "Keras on JAX, tuned")
FURTHER = ("cnn", "cnn_32", "lstm", "transformer", "vae", "gan")
WANTED = (
    Wanted("small", _PYTORCH, 12.0),
    Wanted("small", ("scikit-learn", "Keras on JAX", "Keras on JAX, tuned"), 8.0),
    Wanted("middle", _PYTORCH, 1.2),
    Wanted("residual", _PYTORCH, 4.0),
    *(Wanted(name, _PYTORCH, 1.2) for name in ("cnn", "cnn_32")),
    Wanted("lstm", _PYTORCH, 0.8),
    Wanted("transformer", _PYTORCH, 1.0),
    *(Wanted(name, _PYTORCH, 2.0) for name in ("vae", "gan")),
    *(Wanted(name, _KERAS, 1.0) for name in FURTHER),
    Wanted("cold", _PYTORCH, 1.0),
    Wanted("cold", _PYTORCH, 1.0, "Fathom, second process"),
)
WANTED_COMPILE_SECONDS = 5.0
