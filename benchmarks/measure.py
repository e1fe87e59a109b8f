"""Run one contestant in a fresh process; alternate between contestants in rounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.contestants import WARM_CACHE, Contestant, Setting, Task

ROOT = Path(__file__).resolve().parent.parent
PROCESS_SECONDS = 180
# Share of the machine that others may use before and during a measurement.
QUIET = 0.15
N_ATTEMPTS = 3

Report = dict[str, Any]
Say = Callable[[str], None]


class Laboratory:
    """Starts the processes and holds what lasts over a run: interpreters, caches."""

    def __init__(self, peers_python: Path, patience: float, say: Say):
        self.peers_python = peers_python
        self.patience = patience
        self.say = say
        self._folder = tempfile.TemporaryDirectory()
        self._n_caches = 0

    def close(self) -> None:
        """Remove the compilation caches."""
        self._folder.cleanup()

    def measure(self, contestant: Contestant, setting: Setting, task: Task) -> Report:
        """Run one process and return its report, or {"error": last line}.

        A run that others disturbed is repeated, at most twice; the least disturbed one
        counts, whatever its time.
        """
        attempts: list[Report] = []
        for _ in range(N_ATTEMPTS):
            report = self._run(contestant, setting, task)
            if "error" in report:
                return report
            attempts.append(report)
            if report["others_busy"] <= QUIET:
                break
        best = min(attempts, key=lambda report: report["others_busy"])
        return {**best, "attempts": len(attempts)}

    def _run(self, contestant: Contestant, setting: Setting, task: Task) -> Report:
        python = self.peers_python if contestant.is_peer else Path(sys.executable)
        epochs = task.epochs_of(contestant.name)
        command = [str(python), "-m", contestant.module, "--workload", task.workload]
        command += ["--epochs", str(epochs), *setting.arguments]
        wait_until_quiet(self.patience)
        load = OthersLoad()
        start = time.time()
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=self._environment(contestant, setting),
                capture_output=True,
                text=True,
                timeout=PROCESS_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"error": f"not done within {PROCESS_SECONDS} s"}
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no message"]
            return {"error": lines[-1]}
        report = json.loads(done.stdout.strip().splitlines()[-1])
        report["cold_seconds"] = report["trained_at"] - start
        report["process_seconds"] = time.time() - start
        report["others_busy"] = load.share()
        return report

    def _environment(self, contestant: Contestant, setting: Setting) -> dict[str, str]:
        environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
        # Bytecode is there in any ordinary installation; without it imports triple.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if setting.threads is not None:
            for name in ("OMP", "OPENBLAS", "MKL"):
                environment[f"{name}_NUM_THREADS"] = str(setting.threads)
        environment["FATHOM_CACHE_DIR"] = ""
        if contestant.cache is not None:
            name = WARM_CACHE
            if contestant.cache != WARM_CACHE:
                self._n_caches += 1
                name = f"{contestant.cache}-{self._n_caches}"
            environment["FATHOM_CACHE_DIR"] = str(Path(self._folder.name) / name)
        return environment


def run_task(laboratory: Laboratory, task: Task, rounds: int) -> dict[str, Report]:
    """Return by contestant: setting, every round's reports, or why there are none.

    A first round tries every setting and chooses each contestant's fastest. It counts
    for nothing else: it also fills bytecode and disk caches.
    """
    results: dict[str, Report] = {}
    chosen: list[tuple[Contestant, Setting]] = []
    for contestant in task.contestants:
        cannot = dict(contestant.cannot).get(task.name)
        if cannot is None:
            setting, tried = _fastest(laboratory, contestant, task)
            results[contestant.name] = {
                "setting": str(setting),
                "tried": tried,
                "reports": [],
            }
            chosen.append((contestant, setting))
        else:
            results[contestant.name] = {"cannot": cannot, "reports": []}
    for number in range(rounds):
        for contestant, setting in chosen:
            report = laboratory.measure(contestant, setting, task)
            results[contestant.name]["reports"].append(report)
            _say(laboratory, f"{task.name} round {number + 1}", contestant, report)
    return results


def _fastest(
    laboratory: Laboratory, contestant: Contestant, task: Task
) -> tuple[Setting, dict[str, Any]]:
    tried: dict[Setting, Any] = {}
    for setting in contestant.settings:
        report = laboratory.measure(contestant, setting, task)
        tried[setting] = report.get(task.measures, report.get("error"))
        _say(laboratory, f"{task.name} trying {setting}", contestant, report)
    timed = {s: value for s, value in tried.items() if isinstance(value, float)}
    best = min(timed, key=lambda s: timed[s]) if timed else contestant.settings[0]
    return best, {str(setting): value for setting, value in tried.items()}


def _say(
    laboratory: Laboratory, what: str, contestant: Contestant, report: Report
) -> None:
    if "error" in report:
        laboratory.say(f"{what}: {contestant.name} failed: {report['error']}")
        return
    laboratory.say(
        f"{what}: {contestant.name} {report['ms_per_step']:.4g} ms/step, "
        f"{report['cold_seconds']:.2f} s to the model, "
        f"cost {report['final_loss']:.2g}, others busy {report['others_busy']:.0%}"
    )


def wait_until_quiet(patience: float) -> None:
    """Wait until others leave the machine alone, at most `patience` seconds."""
    end = time.monotonic() + patience
    while True:
        load = OthersLoad()
        time.sleep(0.3)
        if load.share() <= QUIET or time.monotonic() > end:
            return


class OthersLoad:
    """What processes other than this one's children use of the machine since now."""

    def __init__(self):
        self._start = self._read()

    def share(self) -> float:
        """Return the share of all cores, 0 to 1; 0 where the system does not tell."""
        if self._start is None or (now := self._read()) is None:
            return 0.0
        busy, total, own = (b - a for a, b in zip(self._start, now, strict=True))
        return min(max((busy - own) / max(total, 1), 0.0), 1.0)

    @staticmethod
    def _read() -> tuple[float, float, float] | None:
        """Return ticks of all cores: busy, in total, and used by our children."""
        try:
            first = Path("/proc/stat").read_text().splitlines()[0]
        except OSError:
            return None
        ticks = [int(word) for word in first.split()[1:9]]
        idle = ticks[3] + ticks[4]
        times = os.times()
        own = times.user + times.system + times.children_user + times.children_system
        return sum(ticks) - idle, sum(ticks), own * os.sysconf("SC_CLK_TCK")
