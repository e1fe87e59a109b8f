"""One way to train a task, as far as it has been tried: a leg, its score, its findings.

What the run tells is kept, and told when it turns out to be the run that counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fathom.diagnose.after import WITH_DATA
from fathom.diagnose.edit import Edit
from fathom.diagnose.engine import findings_of
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Finding
from fathom.diagnose.leg import PAUSED, Leg
from fathom.diagnose.rule import STATIC
from fathom.diagnose.scoring import Score, score
from fathom.diagnose.task import Task
from fathom.diagnose.thresholds import NEARLY_THERE, POOR_PROGRESS
from fathom.training.loop import Listener, Outcome

# Progress from which on start values cannot be what is wrong.
WELL_ON_ITS_WAY = 0.5
# What can only be said of a run that is over, or asks a person.
TOO_EARLY_TO_SAY = frozenset({
    "stopped-too-early", "underfitting", "overfitting", "label-noise", "random-labels",
    "class-imbalance",
})  # fmt: skip
# Evidence that grows with every step, of which a beginning has little.
SUM_OVER_THE_RUN = "sum of updates over norm"
# Notes that are no cause of anything that an alarm says.
NO_CAUSES = TOO_EARLY_TO_SAY | {"leakage", "double-softmax"}
# By so much less likely is the cause what is only a note.
NOTED = 0.2


@dataclass
class Trial:
    """A task, and the run of it.

    Attributes:
        task: What is trained.
        variables: Start values, or None.
        n_edits: How many changes it has beside the run as given.
        heard: Events of the run that nobody was told yet.
    """

    task: Task
    variables: dict[str, Any] | None = None
    n_edits: int = 0
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Get ready to run."""
        prepared = self.task.prepared
        given = self.variables if self.variables is not None else self.task.given
        self.leg = Leg(
            prepared.network,
            self.task.settings,
            prepared.training,
            prepared.validation,
            None if given is None else dict(given),
            listeners=[self._listen],
        )
        self.listeners: Sequence[Listener] = ()
        self.outcome: Outcome | None = None
        self._score: Score | None = None
        self._learned: Score | None = None
        self._evidence: tuple[Outcome, Evidence] | None = None
        self.ending: dict[str, Any] = {}

    def _listen(self, event: str, **content: Any) -> None:
        if event == "compiled" and self.leg.reached is not None:
            return  # the run only goes on
        if event == "stopped":
            content.pop("reason", None)
            self.ending = content
            return
        self.heard.append((event, content))
        self._pass_on()

    def tell(self, listeners: Sequence[Listener]) -> None:
        """Tell listeners everything so far, and whatever comes."""
        self.listeners = listeners
        self._pass_on()

    def _pass_on(self) -> None:
        while self.listeners and self.heard:
            event, content = self.heard.pop(0)
            for listener in self.listeners:
                listener(event, **content)

    def run(self, until: int) -> Trial:
        """Train until an epoch, counted from the run's first."""
        self.leg.until = until
        self.outcome = self.leg.train()
        self._score = self._learned = None
        return self

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return self.leg.history.n_epochs

    @property
    def stopped(self) -> str:
        """Why it stopped; "paused" if it may go on."""
        return "" if self.outcome is None else self.outcome.stopped

    @property
    def trained(self) -> dict[str, Any]:
        """The variables so far."""
        assert self.outcome is not None
        return self.outcome.variables

    @property
    def score(self) -> Score:
        """How good the answers on validation rows are."""
        held = self.task.prepared.validation
        assert held is not None
        if self._score is None:
            self._score = score(self.task.network, self.trained, held)
        return self._score

    @property
    def learned(self) -> Score:
        """How good the answers on training rows are."""
        if self._learned is None:
            self._learned = score(
                self.task.network, self.trained, self.task.prepared.training
            )
        return self._learned

    def judged(self, found: Score) -> None:
        """Take a score that is known for the variables."""
        self._score = found

    def best(self) -> tuple[dict[str, Any], Score] | None:
        """Return the variables of the best epoch, if it is not the last, and score."""
        leg, held = self.leg, self.task.prepared.validation
        if leg.best is None or leg.best_epoch in (0, self.epochs) or held is None:
            return None
        variables = leg.program.variables(leg.best)
        return variables, score(self.task.network, variables, held)

    def evidence(self) -> Evidence:
        """Return what rules may look at; the same until more is trained.

        What it works out, such as what classical models reach, is worked out once.
        """
        outcome = self.outcome
        assert outcome is not None
        if self._evidence is None or self._evidence[0] is not outcome:
            found = self.task.evidence(
                history=self.leg.history,
                trained=self.trained,
                best_epoch=outcome.best_epoch,
                stopped="" if self.stopped == PAUSED else self.stopped,
            )
            self._evidence = outcome, found
        return self._evidence[1]

    def causes(self, early: bool = True, again: bool = False) -> tuple[Finding, ...]:
        """Return what may be wrong, most likely first; nothing without an alarm.

        With one, what is only a note may be the cause of it.

        Args:
            early: Whether to leave out what cannot be said before a run is over, and
                to look at the start values where it goes badly.
            again: Whether it is the second look, when nothing learned yet says enough.
        """
        evidence = self.evidence()
        found = findings_of(evidence, WITH_DATA)
        if early:
            progress = evidence.progress
            if progress is not None and progress < WELL_ON_ITS_WAY:
                found = findings_of(evidence, (*STATIC, "record"))
        stuck = again and (evidence.progress or 0.0) < POOR_PROGRESS.value
        alarms = [f for f in found.alarms
                  if not (early and _is_too_early(f))
                  or (stuck and f.name == "underfitting")]  # fmt: skip
        if not alarms:
            return ()
        named = {f.name for f in alarms}
        notes = [f for f in found.notes if f.name not in {*named, *NO_CAUSES}]
        both = [*alarms, *(f for f in notes if f.edit is not None)]
        return tuple(sorted(both, key=lambda f: (not f.is_alarm) * NOTED - f.score))

    def doubts(self) -> tuple[Finding, ...]:
        """Return what a run without an alarm may have: notes with a repair."""
        evidence = self.evidence()
        if (evidence.progress or 0.0) >= NEARLY_THERE.value:
            return ()
        notes = findings_of(evidence, WITH_DATA).notes
        return tuple(f for f in notes if f.edit is not None and f.name != "leakage")


def _is_too_early(finding: Finding) -> bool:
    """Say whether a finding is of a run that is over."""
    if SUM_OVER_THE_RUN in finding.evidence:
        return True
    is_set = finding.edit is not None and finding.edit == Edit(
        "setting", "class_weight", None, finding.edit.before
    )
    return finding.name in TOO_EARLY_TO_SAY and not is_set
