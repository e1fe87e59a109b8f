"""Every threshold of every rule, with where it comes from; none is anywhere else.

"Measured" means measured on healthy and faulty runs of digits, rings and generated
tables: a threshold lies between the two groups. "Chosen" means that nothing better is
known than judgement.
"""

from __future__ import annotations

from typing import NamedTuple

from fathom.diagnose.finding import Measurement


class Threshold(NamedTuple):
    """A limit between healthy and not.

    Attributes:
        rule: Name of the rule it belongs to.
        meaning: What it limits.
        value: The limit.
        source: Where it comes from.
    """

    rule: str
    meaning: str
    value: float
    source: str

    def against(self, measured: float) -> Measurement:
        """Return a measured number beside this limit."""
        return Measurement(measured, self.value, self.source)


POOR_PROGRESS = Threshold(
    "", "progress from the trivial answer (0) to a perfect one (1)", 0.1,
    "chosen; relative to the trivial answer, so that hard problems raise no alarm",
)  # fmt: skip

INPUT_SIZE = Threshold(
    "unscaled-inputs", "largest mean or spread of a feature", 5.0,
    "measured: standardized inputs are at 1, and images of 0 to 1 below",
)  # fmt: skip
INPUT_SMALL = Threshold(
    "unscaled-inputs", "largest distance of any value from its feature's mean", 0.05,
    "chosen: the first layer's weighted sums hardly depend on such inputs",
)  # fmt: skip
INPUT_RATIO = Threshold(
    "unscaled-inputs", "the same, largest feature over smallest", 100.0,
    "chosen: one learning rate cannot serve both",
)  # fmt: skip

TARGET_SPREAD = Threshold(
    "unscaled-targets", "spread of the targets", 10.0,
    "chosen: start values give outputs of about 1",
)  # fmt: skip
TARGET_SMALL = Threshold(
    "unscaled-targets", "spread of the targets, from below", 0.01, "chosen, as above"
)
TARGET_OFFSET = Threshold(
    "unscaled-targets", "mean of the targets over their spread", 3.0,
    "chosen: the first epochs go into learning the mean",
)  # fmt: skip

IMBALANCE = Threshold(
    "class-imbalance", "rarest class over most frequent", 0.1,
    "the default of SageMaker Debugger (10 to 1) and of deepchecks (0.1)",
)  # fmt: skip

LEAK_PROGRESS = Threshold(
    "leakage", "progress of a single column on rows left out", 0.98,
    "chosen; deepchecks warns from 0.8, which good columns reach",
)  # fmt: skip
LEAK_CORRELATION = Threshold(
    "leakage", "rank correlation of a single column with the target", 0.999, "chosen"
)
COPY_CORRELATION = Threshold(
    "leakage", "correlation of a column with the target, as a copy has it", 0.999999,
    "float32 rounding",
)  # fmt: skip
LEAK_ROWS = Threshold("leakage", "rows from which a column can be judged", 50, "chosen")
DUPLICATES = Threshold(
    "leakage", "share of validation rows that are training rows, too", 0.01,
    "chosen, and 10 times what chance gives",
)  # fmt: skip
MANY_DUPLICATES = Threshold(
    "leakage", "share of duplicate validation rows that makes the score worthless",
    0.1, "chosen, and 10 times what chance gives",
)  # fmt: skip
CHANCE_FACTOR = Threshold(
    "leakage", "duplicates over what independent columns would give", 10.0, "chosen"
)

NEIGHBOR_LIFT = Threshold(
    "random-labels", "agreement of neighbors over that of strangers", 1.1,
    "chosen; random labels are at 1",
)  # fmt: skip
NEIGHBOR_R2 = Threshold(
    "random-labels", "R2 of the mean of five neighbors", -0.1,
    "random targets are at -0.2: the mean of five has a fifth of the variance",
)  # fmt: skip
NEIGHBOR_ROWS = Threshold(
    "random-labels", "rows from which neighbors can be judged", 200, "chosen"
)

BIG_START = Threshold(
    "initialization-scale", "cost at the start over that of knowing nothing", 10.0,
    "measured: healthy up to 2.4 for classes and 7 for numbers, faulty from 7 on",
)  # fmt: skip
HUGE_START = Threshold(
    "initialization-scale", "the same, which does harm", 30.0,
    "measured on digits: 88 times cost 12 points of accuracy, and 11 times 4",
)  # fmt: skip
SIGNAL_LOSS = Threshold(
    "initialization-scale", "spread behind the hidden layers over that of the inputs",
    1e-3, "chosen: a factor of 1,000; healthy networks stay within 30",
)  # fmt: skip
SIGNAL_GROWTH = Threshold(
    "initialization-scale", "the same, growing", 1e3, "chosen, as above"
)
SIGNAL_GONE = Threshold(
    "initialization-scale", "spread over the examples, relative to the values", 1e-6,
    "float32 rounding is 6e-8: examples can hardly be told apart",
)  # fmt: skip

DISTINCT_UNITS = Threshold(
    "symmetric-initialization", "distinct units of a layer, as a share", 0.5,
    "chosen; random start values are at 1",
)  # fmt: skip

DEAD_SHARE = Threshold(
    "dead-units", "share of a layer's units that no example activates", 0.5,
    "the default of SageMaker Debugger; measured: healthy up to 0.27, dead from 0.91",
)  # fmt: skip

RATE_HIGH = Threshold(
    "learning-rate-too-high", "learning rate over the optimizer's usual one", 100.0,
    "chosen; small problems learn well at 100 times",
)  # fmt: skip
RATE_LOW = Threshold(
    "learning-rate-too-low", "learning rate over the optimizer's usual one", 1e-3,
    "chosen; measured: faulty runs at 1e-4",
)  # fmt: skip

FLAT_BATCHES = Threshold(
    "batch-faults", "entropy of the labels in a batch over that of all", 0.5, "chosen"
)
SORTED_TARGETS = Threshold(
    "batch-faults", "correlation of a row's target with the next row's", 0.9, "chosen"
)

OUT_OF_RANGE = Threshold(
    "output-loss-mismatch", "share of targets that the output cannot reach", 0.01,
    "chosen: single outliers are no mismatch",
)  # fmt: skip
MOST_LABELS = Threshold(
    "output-loss-mismatch", "different whole targets from 0 on that look like classes",
    10, "chosen",
)  # fmt: skip

CAPACITY = Threshold(
    "overfitting", "parameters for each target value", 1000.0, "chosen"
)
FEW_ROWS = Threshold("overfitting", "training rows", 30, "chosen")
FEW_OF_A_CLASS = Threshold(
    "overfitting", "training rows of the rarest class", 5, "chosen"
)

THRESHOLDS = tuple(
    value for value in list(globals().values()) if isinstance(value, Threshold)
)
