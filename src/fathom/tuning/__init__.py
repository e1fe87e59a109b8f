"""Tuning: settings found by successive halving within a time budget."""

from fathom.tuning.search import tune
from fathom.tuning.tuning import Trial, Tuning

__all__ = ["Trial", "Tuning", "tune"]
