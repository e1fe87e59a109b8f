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

HALF_WAY = Threshold(
    "", "progress that few healthy runs end below", 0.5,
    "chosen: only for symptoms that healthy runs hardly show",
)  # fmt: skip
MOST_OF_THE_WAY = Threshold(
    "", "progress that hardly a run with a fault ends above", 0.8,
    "chosen: only for symptoms that few healthy runs were seen with",
)  # fmt: skip
ALMOST_ALL = Threshold(
    "", "progress from which on a symptom has done little harm", 0.9,
    "chosen: only for symptoms that no healthy run was seen with",
)  # fmt: skip
AHEAD = Threshold(
    "", "progress of quick classical models beyond the network's", 0.1, "chosen",
)  # fmt: skip

INPUT_SIZE = Threshold(
    "unscaled-inputs", "largest mean or spread of a feature", 5.0,
    "measured: standardized inputs are at 1, and images of 0 to 1 below",
)  # fmt: skip
INPUT_SMALL = Threshold(
    "unscaled-inputs", "largest distance of any value from its feature's mean", 0.05,
    "chosen: the first layer's weighted sums hardly depend on such inputs",
)  # fmt: skip
CROWDED = Threshold(
    "unscaled-inputs", "width of the middle half of a feature's values over "
    "its spread", 0.25,
    "chosen; a normal distribution is at 1.35, an exponential one at 1.1",
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
TARGET_REACH = Threshold(
    "unscaled-targets", "distance of the farthest target from the median, over the "
    "quartile range", 15.0, "chosen; a normal distribution has 3, an exponential one 6",
)  # fmt: skip
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
TIGHT = Threshold(
    "leakage", "variance of a column within the classes over all of it, times the "
    "square of their number", 0.1, "chosen; a column that was cut into classes is at 1",
)  # fmt: skip
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
MANY_COPIES = Threshold(
    "leakage", "share of validation rows among copies of a training row, but for noise",
    0.5, "chosen: honest rows hardly ever have a wide step behind those nearest",
)  # fmt: skip
SORTED_BY = Threshold(
    "leakage", "progress, or rank correlation, of a column that numbers the rows", 0.5,
    "chosen: the file was sorted by the target",
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
BIAS_FAR = Threshold(
    "initialization-scale", "largest mean size of a layer's biases at the start", 3.0,
    "chosen; layers start at 0, and forget gates at 1",
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

START_LARGE = Threshold(
    "initialization-scale", "norm of a weight at the start over its layer's usual one",
    5.0, "chosen; trained weights were seen up to 3",
)  # fmt: skip
START_SMALL = Threshold(
    "initialization-scale", "the same, from below", 0.2, "chosen, as above"
)

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

FEW_STEPS = Threshold("batch-faults", "steps of a run", 100.0, "chosen")
DIFFERS_IN_USE = Threshold(
    "batch-faults", "progress on training rows in training over that in use", 0.2,
    "chosen; an epoch's mean is below what is there at its end",
)  # fmt: skip
FEW_IN_A_BATCH = Threshold(
    "batch-faults", "rows that BatchNorm takes its statistics from", 4,
    "chosen; with two rows every normalized value is 1 or -1",
)  # fmt: skip
LAGGING = Threshold(
    "batch-faults", "share of the start values in BatchNorm's running statistics", 0.1,
    "chosen; a momentum of 0.9 is below after 22 steps, of 0.99 after 230",
)  # fmt: skip

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
FEW_ROWS = Threshold("overfitting", "training rows", 50, "chosen")
FEW_OF_A_CLASS = Threshold(
    "overfitting", "training rows of the rarest class", 5, "chosen"
)

LARGE_UPDATE = Threshold(
    "learning-rate-too-high", "update of a layer over its norm, first 50 steps", 0.2,
    "TheDeepChecker has 0.1; measured: healthy up to 0.1, faulty from 0.3",
)  # fmt: skip
LOSS_JUMP = Threshold(
    "learning-rate-too-high", "greatest loss of a step over the first one's", 3.0,
    "chosen; measured: healthy up to 2",
)  # fmt: skip
RESTLESS = Threshold(
    "learning-rate-too-high", "update over norm at the end of the run", 0.03,
    "measured: healthy up to 0.01, while the rate was 10 times too high from 0.04",
)  # fmt: skip
SWINGS = Threshold(
    "learning-rate-too-high", "rises of the training loss, all in all, over its range",
    1.0, "measured: of 400 healthy runs two above, and these learned nearly all",
)  # fmt: skip
UNLEARNED = Threshold(
    "learning-rate-too-high", "progress on training examples that was lost again", 0.33,
    "chosen: a third of the way",
)  # fmt: skip
SMALL_UPDATE = Threshold(
    "learning-rate-too-low", "update over norm, of the layer that moves most", 1e-4,
    "measured: healthy from 4e-4 in the first steps, faulty up to 2e-5",
)  # fmt: skip

SHORT_WAY = Threshold(
    "learning-rate-too-low", "sum over all steps of update over norm, of the layer "
    "that moves most", 0.35, "measured: healthy from 0.29, nearly all from 0.5; faulty "
    "up to 0.5, nearly all below 0.35",
)  # fmt: skip
MODEST_WAY = Threshold(
    "learning-rate-too-low", "the same, where classical models are ahead", 1.0,
    "measured: plain gradient descent at the rate of Adam 0.5 to 1",
)  # fmt: skip
RATE_SPENT = Threshold(
    "learning-rate-too-low", "share of the steps with less than a hundredth of the "
    "largest rate", 0.4, "chosen; a cosine has 0.06",
)  # fmt: skip

GRADIENT_SPIKE = Threshold(
    "exploding-gradients", "norm of the gradient over the median before", 10.0,
    "chosen",
)  # fmt: skip
STEEP = Threshold(
    "exploding-gradients", "gradient times parameters over the loss, at the first step",
    200.0, "measured: healthy 1 to 134, recurrent networks that explode from 390",
)  # fmt: skip
GRADIENT_FADES = Threshold(
    "vanishing-gradients", "gradient of the first layer over the largest", 5e-3,
    "AutoTrainer has 1e-3; measured: healthy from 0.05, five sigmoids 1.3e-3",
)  # fmt: skip
GRADIENT_SMALL = Threshold(
    "vanishing-gradients", "gradient of the first layer", 1e-3,
    "AutoTrainer has 1e-4; measured: faulty up to 2.4e-4, healthy from 0.016",
)  # fmt: skip

WEAK_SLOPE = Threshold(
    "vanishing-gradients", "mean slope of a function of the user's own", 0.05,
    "chosen: a sigmoid has 0.16, and fades behind five layers",
)  # fmt: skip
SATURATED_SHARE = Threshold(
    "saturated-units", "share of a layer's units that are flat for nearly all "
    "examples", 0.3, "measured: healthy up to 0.06",
)  # fmt: skip

FLAT_FOR_ALL = Threshold(
    "saturated-units", "share of weighted sums of size 1 for which a function of the "
    "user's own has less than 5 % of its largest slope", 0.8,
    "chosen; a sigmoid is at 0, a ReLU at 0.5",
)  # fmt: skip
ONE_ANSWER = Threshold(
    "constant-prediction", "share of the most frequent answer", 0.95,
    "measured: faulty from 0.91, healthy up to 0.52",
)  # fmt: skip
LARGEST_CLASS = Threshold(
    "constant-prediction", "share of the largest class up to which one answer is a "
    "symptom", 0.9, "chosen",
)  # fmt: skip
FLAT_OUTPUT = Threshold(
    "constant-prediction", "spread of the outputs over the examples", 1e-3,
    "measured: faulty below, healthy from 0.1",
)  # fmt: skip

VALIDATION_CHANCE = Threshold(
    "random-labels", "progress on validation examples", 0.05,
    "measured on shuffled labels",
)  # fmt: skip
TRAINING_LEARNS = Threshold(
    "random-labels", "progress on training examples", 0.3, "chosen"
)
FEW_HELD = Threshold(
    "random-labels", "validation rows from which chance can be told", 40, "chosen"
)

SURE_AND_WRONG = Threshold(
    "label-noise", "share of errors among the surest third of the answers", 0.1,
    "chosen, as cleanlab's estimate of noise; hard rows are not the sure ones",
)  # fmt: skip
EVENLY_WRONG = Threshold(
    "label-noise", "the same over the share of errors among all", 0.5,
    "measured: overlapping classes up to 0.41, labels drawn at random from 0.55",
)  # fmt: skip
DRAWN = Threshold(
    "label-noise", "share of labels drawn at random, at least, for an alarm", 0.18,
    "measured: runs with a fifth of them, as the data may well have, up to 0.14",
)  # fmt: skip
NOISE_ROWS = Threshold(
    "label-noise", "rows from which sure errors can be counted", 60,
    "chosen",
)  # fmt: skip

RARE_RECALL = Threshold(
    "class-imbalance", "share of a rare class that is recognized", 0.1, "chosen"
)
RARE_ROWS = Threshold(
    "class-imbalance", "judged examples of a class from which that can be told", 8,
    "chosen",
)  # fmt: skip
MISSED_BY_CHANCE = Threshold(
    "class-imbalance", "chance of so few hits of a rare class", 0.01, "chosen"
)
HALF_MISSED = Threshold(
    "class-imbalance", "share of a rare class that is recognized, with that chance",
    0.4, "chosen",
)  # fmt: skip
UNEVEN = Threshold(
    "class-imbalance", "rows of a class over those of most, or of the largest", 0.6,
    "chosen: a class that has lost half of its labels",
)  # fmt: skip
OFTEN_MISSED = Threshold(
    "class-imbalance", "share of such a class that is not recognized", 0.35,
    "measured: classes of which half was given as another 0.35 to 0.88",
)  # fmt: skip
SELDOM_MISSED = Threshold(
    "class-imbalance", "the same of most other classes beside it", 0.15,
    "measured: no healthy run has one class above and most below these two",
)  # fmt: skip
TAKEN_FOR_ONE = Threshold(
    "class-imbalance", "share of what is missed that is taken for one other class", 0.7,
    "chosen",
)  # fmt: skip
SWALLOWED = Threshold(
    "class-imbalance", "share of answers that a heavy class takes beyond its own", 0.05,
    "chosen",
)  # fmt: skip

EFFECTIVE_ROWS = Threshold(
    "overfitting", "rows that count, (sum of weights)^2 / sum of squared weights, as a "
    "share of all, class by class", 0.1, "chosen; weights of 1 and 10 by turns are at "
    "0.6",
)  # fmt: skip
FEW_JUDGES = Threshold(
    "overfitting", "validation rows that count, by their weights", 30.0,
    "chosen: a score on fewer says little",
)  # fmt: skip
LOSS_RISES = Threshold(
    "overfitting", "validation loss at the end over its least", 1.25,
    "chosen; single epochs are averaged",
)  # fmt: skip
GAP = Threshold(
    "overfitting", "progress on training over validation examples", 0.15,
    "measured: memorized runs 0.15 to 0.5, healthy ones up to 0.084",
)  # fmt: skip
WIDE_GAP = Threshold(
    "overfitting", "the same, where the training rows are learned by heart", 0.3,
    "chosen: twice as much",
)  # fmt: skip
BY_HEART = Threshold(
    "overfitting", "progress on training rows that are learned by heart", 0.9, "chosen"
)
LOST = Threshold(
    "overfitting", "progress on validation examples lost since the best epoch", 0.1,
    "chosen: worth an alarm by itself",
)  # fmt: skip

BELOW_NEIGHBORS = Threshold(
    "underfitting", "progress that five nearest neighbors reach beyond the network",
    0.1, "chosen; 5 to 1,000 rows are no strong model",
)  # fmt: skip
PLATEAU = Threshold(
    "underfitting", "fall of the training loss in the last fifth, relative", 0.05,
    "chosen",
)  # fmt: skip

STILL_FALLING = Threshold(
    "stopped-too-early", "fall of the loss in the last fifth of the epochs, relative",
    0.03, "chosen; measured: stopped runs 0.04 to 0.33",
)  # fmt: skip
IMPATIENT = Threshold(
    "stopped-too-early", "epochs that early stopping waits for", 2, "chosen"
)
STILL_RISING = Threshold(
    "stopped-too-early", "progress made in the last fifth of the epochs", 0.03,
    "chosen",
)  # fmt: skip
NEARLY_THERE = Threshold(
    "stopped-too-early", "progress up to which more epochs are worth a word", 0.9,
    "chosen",
)  # fmt: skip

DECAY_RULES = Threshold(
    "over-regularized", "the same, where the weights need not have shrunk", 1.0,
    "chosen: a step takes off more than it moves",
)  # fmt: skip
DECAY_WINS = Threshold(
    "over-regularized", "weight decay over all that a step does", 0.3,
    "measured: usual decays of 1e-4 to 0.1 up to 0.05",
)  # fmt: skip
SHRUNK = Threshold(
    "over-regularized", "norm of the weights at the end over that at the start", 0.6,
    "measured: learning makes them grow",
)  # fmt: skip
UNSURE = Threshold(
    "over-regularized", "share of training rows answered rightly beyond the mean "
    "probability of the answers", 0.3, "measured: healthy up to 0.11",
)  # fmt: skip
MUCH_DROPPED = Threshold(
    "over-regularized", "rate of dropout", 0.7, "chosen; 0.5 is usual"
)
MUCH_MIXED = Threshold(
    "over-regularized", "concentration of mix-up", 4.0,
    "chosen; 0.1 to 1 are usual (Zhang et al. 2018); at 4 the smaller share is 0.36",
)  # fmt: skip
MUCH_NOISE = Threshold(
    "over-regularized", "deviation of added noise", 1.0,
    "chosen: as much as standardized inputs have themselves",
)  # fmt: skip

THRESHOLDS = tuple(
    value for value in list(globals().values()) if isinstance(value, Threshold)
)
