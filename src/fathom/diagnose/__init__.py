"""What is wrong with a run, or would be: evidence, rules, findings.

A rule is a file in `rules/`. It reads the `Evidence` (network, data, loss, settings,
and the record of a run where there is one) and names symptoms; the engine decides which
of them are alarms and which are notes, and ranks them.
"""

from fathom.diagnose.edit import Edit
from fathom.diagnose.engine import findings_of, static_findings
from fathom.diagnose.evidence import Evidence
from fathom.diagnose.finding import Finding, Findings, Measurement

__all__ = [
    "Edit",
    "Evidence",
    "Finding",
    "Findings",
    "Measurement",
    "findings_of",
    "static_findings",
]
