"""Which cases `make test` runs: one of each rule; `make test-all` runs all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def one_a_rule(cases: Iterable[Any]) -> list[Any]:
    """Mark all cases but the first of each rule as slow."""
    seen: set[str] = set()
    marked = []
    for case in cases:
        marks = [pytest.mark.slow] if case.rule in seen else []
        marked.append(pytest.param(case, id=case.id, marks=marks))
        seen.add(case.rule)
    return marked
