"""What a rule has found, and how it is shown: as a card in a terminal, HTML, JSON."""

from __future__ import annotations

import dataclasses
import html
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, overload

from fathom.diagnose.edit import Edit
from fathom.plain import plain

ALARM, NOTE = "alarm", "note"
WIDTH = 88


class Measurement(NamedTuple):
    """One number of the evidence.

    Attributes:
        value: What was measured.
        threshold: From where on it is a symptom; None if it only illustrates.
        source: Where the threshold comes from.
    """

    value: Any
    threshold: Any = None
    source: str = ""

    def __str__(self) -> str:
        """Return value and threshold as text."""
        beside = "" if self.threshold is None else f" (limit {_short(self.threshold)})"
        return f"{_short(self.value)}{beside}"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
        code: Of the rule: "D001".
        name: Of the rule, in words that stay: "unscaled-inputs".
        severity: "alarm" (a symptom and a consequence, or certain by construction), or
            "note" (a symptom alone).
        cause: The likely cause, in one sentence.
        repair: What to do first, in one sentence.
        evidence: What was measured, by name, with threshold and its source.
        layer: Address of the layer concerned, or None.
        epoch: Epoch at which it was seen, counted from 1, or None before training.
        action: A line of code or a command that does the repair.
        edit: The repair as data, or None if it takes a person.
        score: How likely it is the cause, from 0 to 1; findings are ranked by it.
    """

    code: str
    name: str
    severity: str
    cause: str
    repair: str
    evidence: Mapping[str, Measurement] = field(default_factory=dict)
    layer: str | None = None
    epoch: int | None = None
    action: str = ""
    edit: Edit | None = None
    score: float = 0.5

    @property
    def is_alarm(self) -> bool:
        """Whether it is an alarm, not a note."""
        return self.severity == ALARM

    @property
    def title(self) -> str:
        """One line: severity, name, code and where."""
        places = [f"in {self.layer}"] if self.layer else []
        if self.epoch is not None:
            places.append(f"at epoch {self.epoch}")
        return " ".join([f"{self.severity.upper()}: {self.name}", f"[{self.code}]",
                         *places])  # fmt: skip

    def __str__(self) -> str:
        """Return the card for a terminal."""
        numbers = "; ".join(f"{name} {m}" for name, m in self.evidence.items())
        rows = [("cause", self.cause), ("evidence", numbers), ("repair", self.repair)]
        lines = [self.title]
        for head, text in rows:
            if text:
                lines.append(_wrapped(head, text))
        if self.action:
            indent = " " * 12
            code = self.action.replace("\n", f"\n{indent}")
            lines.append(f"  {'do':<10}{code}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        names = ("code", "name", "severity", "layer", "epoch", "cause", "repair",
                 "action", "score")  # fmt: skip
        evidence = {name: m._asdict() for name, m in self.evidence.items()}
        content = {name: getattr(self, name) for name in names}
        edit = None if self.edit is None else self.edit.to_dict()
        return plain({**content, "evidence": evidence, "edit": edit})

    def to_html(self) -> str:
        """Return the card as a fragment of HTML."""
        color = "#c0392b" if self.is_alarm else "#8a6d00"
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(_short(m.value))}</td>"
            f"<td>{'' if m.threshold is None else html.escape(_short(m.threshold))}"
            f"</td><td>{html.escape(m.source)}</td></tr>"
            for name, m in self.evidence.items()
        )
        table = ""
        if rows:
            heads = ("measured", "value", "limit", "where the limit comes from")
            row = "".join(f"<th>{head}</th>" for head in heads)
            table = f"<table><tr>{row}</tr>{rows}</table>"
        code = f"<pre>{html.escape(self.action)}</pre>" if self.action else ""
        return (
            f'<div class="fathom-finding" style="border-left: 4px solid {color}; '
            f'padding-left: 0.8em; margin: 0.8em 0">'
            f'<strong style="color: {color}">{html.escape(self.title)}</strong>'
            f"<p>{html.escape(self.cause)}</p>{table}"
            f"<p>{html.escape(self.repair)}</p>{code}</div>"
        )

    def _repr_html_(self) -> str:
        return self.to_html()


@dataclass(frozen=True)
class Probe:
    """An experiment, and what it says.

    Attributes:
        question: What was asked.
        answer: What came out, in one sentence.
        updates: What it cost.
    """

    question: str
    answer: str
    updates: int

    def __str__(self) -> str:
        """Return question and answer."""
        return textwrap.fill(f"PROBE: {self.question} {self.answer}", WIDTH)


@dataclass(frozen=True)
class Findings(Sequence[Finding]):
    """Findings, most likely cause first; alarms before notes.

    Attributes:
        items: The findings.
        passed: Names of the rules that looked and found nothing.
        probes: Experiments that were made to tell causes apart.

    Example:
        >>> print(Findings((), ("unscaled-inputs", "leakage")))
        Nothing found. 2 checks passed: unscaled-inputs, leakage.
    """

    items: tuple[Finding, ...] = ()
    passed: tuple[str, ...] = ()
    probes: tuple[Probe, ...] = ()

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The alarms alone."""
        return tuple(finding for finding in self.items if finding.is_alarm)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The notes alone."""
        return tuple(finding for finding in self.items if not finding.is_alarm)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the rules that found something, most likely cause first."""
        return tuple(dict.fromkeys(finding.name for finding in self.items))

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        """Return a finding by its rank, or several."""
        return self.items[index]

    def __len__(self) -> int:
        """Return how many findings there are."""
        return len(self.items)

    def __iter__(self) -> Iterator[Finding]:
        """Iterate over the findings, most likely cause first."""
        return iter(self.items)

    @property
    def summary(self) -> str:
        """One sentence: what was found, or which checks passed."""
        n = len(self.passed)
        passed = f"{n} check{'' if n == 1 else 's'} passed"
        if not self.items:
            return f"Nothing found. {passed}: {', '.join(self.passed)}."
        counts = [(len(self.alarms), "alarm"), (len(self.notes), "note")]
        found = [f"{k} {word}{'' if k == 1 else 's'}" for k, word in counts if k]
        return f"{' and '.join(found)}; {passed}."

    def __str__(self) -> str:
        """Return the cards, one after the other, and the summary."""
        if not self.items:
            return textwrap.fill(self.summary, WIDTH)
        return "\n\n".join([*map(str, (*self.items, *self.probes)), self.summary])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that JSON can hold."""
        return {
            "alarms": len(self.alarms),
            "notes": len(self.notes),
            "findings": [finding.to_dict() for finding in self.items],
            "passed": list(self.passed),
            "probes": [dataclasses.asdict(probe) for probe in self.probes],
        }

    def to_json(self, indent: int | None = 2) -> str:
        """Return the findings as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def to_html(self) -> str:
        """Return the cards as a fragment of HTML."""
        cards = "".join(finding.to_html() for finding in self.items)
        cards += "".join(f"<p>{html.escape(str(probe))}</p>" for probe in self.probes)
        return f"<div>{cards}<p>{html.escape(self.summary)}</p></div>"

    def _repr_html_(self) -> str:
        return self.to_html()


def _wrapped(head: str, text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"  {head:<10}",
        subsequent_indent=" " * 12,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_short, value))
    return f"{value:,}" if type(value) is int else str(value)
