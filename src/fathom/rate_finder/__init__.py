"""The learning rate finder: which learning rates work, by trying them."""

from fathom.rate_finder.finder import find_learning_rate
from fathom.rate_finder.learning_rate_range import LearningRateRange

__all__ = ["LearningRateRange", "find_learning_rate"]
