"""Published rule sets, written again from their papers and sources.

Each is a function from a run as it was seen to the names of its rules that fired, in
the order in which the original asks. `NAMES` says which of Fathom's names a rule stands
for, as generously as its text allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.diagnosis.observe import Seen
from benchmarks.diagnosis.rivals import (
    autotrainer,
    deepchecker,
    deepdiagnosis,
    one_liners,
    sagemaker,
    umlaut,
)


@dataclass(frozen=True)
class Rival:
    """A rule set.

    Attributes:
        name: As tables call it.
        look: From a run to the names of the rules that fired.
        meaning: By rule, the names of Fathom's rules that it stands for.
    """

    name: str
    look: Callable[[Seen], list[str]]
    meaning: dict[str, tuple[str, ...]]


RIVALS = (
    Rival("always an alarm", one_liners.always, {}),
    Rival("progress below 10 %", one_liners.no_progress, {}),
    Rival("AutoTrainer", autotrainer.look, autotrainer.MEANING),
    Rival("DeepDiagnosis", deepdiagnosis.look, deepdiagnosis.MEANING),
    Rival("UMLAUT", umlaut.look, umlaut.MEANING),
    Rival("SageMaker defaults", sagemaker.look, sagemaker.MEANING),
    Rival("TheDeepChecker", deepchecker.look, deepchecker.MEANING),
)

__all__ = ["RIVALS", "Rival"]
