"""Cross-validation: folds x settings x seeds as one program, and what comes of it."""

from fathom.cross_validation.result import CrossValidation
from fathom.cross_validation.validation import cross_validate

__all__ = ["CrossValidation", "cross_validate"]
