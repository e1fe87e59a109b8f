"""What a rule is: a code, a name, a page, and functions that look at the evidence.

A rule only names symptoms. Whether one is an alarm is for the engine to decide, because
a symptom without a consequence is none: an alarm needs poor progress beside it, unless
the fault is certain by construction.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fathom.diagnose.edit import Edit
from fathom.diagnose.finding import Measurement
from fathom.diagnose.thresholds import POOR_PROGRESS, Threshold
from fathom.errors import choose, require

if TYPE_CHECKING:
    from fathom.diagnose.evidence import Evidence

# When a rule can look, in the order of what it costs.
STAGES = {
    "data": "inputs, targets and settings; costs a pass over the numbers",
    "network": "layers and loss; costs next to nothing",
    "start": "one forward and one backward pass at the start values",
    "record": "the record of a run",
}
STATIC = ("data", "network", "start")

CERTAIN, SYMPTOM, REMARK = "certain", "symptom", "remark"
KINDS = {
    CERTAIN: "a fault by construction, or by a proof in numbers: always an alarm",
    SYMPTOM: "an alarm where progress is poor, else a note",
    REMARK: "never more than a note",
}

# What a look at a record may need beside the curves.
NEEDS = {
    "": "nothing",
    "layers": "statistics of layers",
    "classes": "results by class",
    "validation": "validation examples",
    "answers": "the trained network and its validation examples",
}

HEADINGS = ("What it sees", "Why it hurts", "What to do", "When it is wrong")


@dataclass(frozen=True)
class Symptom:
    """What a rule saw, before anybody has judged it.

    Attributes:
        cause: The likely cause, in one sentence.
        repair: What to do first, in one sentence.
        evidence: Numbers by name.
        kind: "certain", "symptom" or "remark".
        layer: Address of the layer concerned.
        epoch: When it was seen in a run, counted from 1.
        action: A line of code or a command that does the repair.
        edit: The repair as data.
        score: How likely it is the cause, from 0 to 1.
        below: Progress below which a "symptom" is an alarm; the more a symptom sets
            faulty runs apart from healthy ones, the higher.
        compares: Whether what quick classical models reach on the same rows tells if
            it does harm; not where they suffer from it as well.
    """

    cause: str
    repair: str
    evidence: Mapping[str, Measurement] = field(default_factory=dict)
    kind: str = SYMPTOM
    layer: str | None = None
    epoch: int | None = None
    action: str = ""
    edit: Edit | None = None
    score: float = 0.5
    below: Threshold = POOR_PROGRESS
    compares: bool = True

    def __post_init__(self) -> None:
        """Check the kind."""
        choose(KINDS, self.kind, "kind of symptom")


Look = Callable[["Evidence"], Iterable[Symptom]]


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong.

    Attributes:
        code: A letter (D data, S signal, O optimization, F fit) and three digits.
        name: In words that stay, kebab-case.
        page: Markdown with the four headings: the docstring of the rule's module.
        looks: By stage, the function from evidence to symptoms.
        needs: What the look at a record needs; without it the rule has not passed.
    """

    code: str
    name: str
    page: str
    looks: Mapping[str, Look]
    needs: str = ""

    def __post_init__(self) -> None:
        """Check that it is a rule as rules are written."""
        fits = re.fullmatch(r"[DSOF]\d{3}", self.code) is not None
        require(fits, "Rule", "code", "D, S, O or F and three digits", self.code)
        missing = [head for head in HEADINGS if f"\n## {head}\n" not in self.page]
        require(
            not missing, "Rule", "page", f"a text with headings {HEADINGS}", missing
        )
        choose(NEEDS, self.needs, "need of a rule")
        for stage in self.looks:
            choose(STAGES, stage, "stage")
