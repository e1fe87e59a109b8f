"""Operators of the fourth held-out set, by the name of what they put in.

Here all 26 names have about as many configurations. Names that are right were listed
before anything was run: the operator's own, those whose repair restores the clean twin
as well, and those that say the same fact. Operators of the earlier sets come with other
severities; `is_new` ones have no like there.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.diagnosis import faults_2, faults_3
from benchmarks.diagnosis import faults_4_data as data
from benchmarks.diagnosis import faults_4_network as net
from benchmarks.diagnosis import faults_4_run as run
from benchmarks.diagnosis import faults_4_start as start
from benchmarks.diagnosis.faults import LOW, SCALE, Apply, Catalogue, Operator
from benchmarks.diagnosis.faults_2 import HIGH, MISMATCH
from benchmarks.diagnosis.setups import Setup

EXPLODING, VANISHING = "exploding-gradients", "vanishing-gradients"
SATURATED, DEAD, CONSTANT = "saturated-units", "dead-units", "constant-prediction"
BATCH, FROZEN = "batch-faults", "frozen-parameters"
RANDOM, NOISE, HEART = "random-labels", "label-noise", "overfitting"
INPUTS, TARGETS, CLASSES = "unscaled-inputs", "unscaled-targets", "class-imbalance"
DOUBLE, LEAK, SIGN = "double-softmax", "leakage", "loss-sign"
SYMMETRIC, LINEAR = "symmetric-initialization", "missing-nonlinearity"
SMALL, HARD, NONE = "underfitting", "over-regularized", "non-finite"
SHORT = "stopped-too-early"

EARLIER = {one.name: one for one in (*faults_2.SECOND.operators, *faults_3.NEW)}
# An operator, and to how many twelfths of the setups that it suits it is put.
Placed = tuple[Operator, int]


def _known(name: str, cause: str, share: int, severities: tuple[float, ...] = (1.0,),
           more: tuple[str, ...] = ()) -> Placed:  # fmt: skip
    """Place an operator of an earlier set."""
    one = EARLIER[name]
    accepted = tuple(dict.fromkeys((*one.accepted, *more)))
    return replace(one, family=cause, accepted=accepted, severities=severities,
                   is_new=False), share  # fmt: skip


def _new(name: str, accepted: tuple[str, ...], share: int, apply: Apply,
         severities: tuple[float, ...] = (1.0,), compiles: bool = True
         ) -> Placed:  # fmt: skip
    """Place a new one, whose first name is its own."""
    return Operator(name, accepted[0], accepted, apply, severities, is_new=True,
                    compiles=compiles), share  # fmt: skip


SIGNAL = (
    _known("square root inside", NONE, 3, (1.0, 2.5)),
    _new("zero times its log", (NONE,), 4, net.times_log, (-1, 0.5)),
    _new("log of standardized inputs", (NONE,), 4, net.log_of_inputs, (1.5, 2.5)),
    _new("softmax by hand", (NONE, SCALE), 6, net.softmax_by_hand, (60, 200)),
    _new("relative error", (NONE, MISMATCH), 9, run.relative_error, (0.5, 0.1)),
    _known("recurrence explodes", EXPLODING, 12, (15, 60)),
    _known("gradients never cleared", EXPLODING, 4, (2, 8)),
    _new("exponential above 0", (EXPLODING, NONE, SCALE), 4, net.exponential, (2, 4)),
    _new("powers", (EXPLODING, NONE, SCALE), 4, net.power, (4, 6)),
    _new("fourth power of errors", (EXPLODING, HIGH, NONE), 12, run.fourth_power,
         (0.03, 0.3)),
    _known("deep sigmoids", VANISHING, 6, (10, 12)),
    _known("activation flat", VANISHING, 5, (2e-3, 1e-4)),
    _new("narrow bumps", (VANISHING, DEAD, SATURATED, SCALE), 6, net.narrow_bumps,
         (60, 400)),
    _known("start dead", DEAD, 6, (6, 20), (CONSTANT, VANISHING)),
    _new("threshold", (DEAD, SCALE, VANISHING, CONSTANT), 5, net.threshold, (4, 12)),
    _new("inputs below 0, weights above", (DEAD, SCALE, INPUTS, CONSTANT, VANISHING),
         12, start.dead_by_signs, (1, 3), compiles=False),
    _new("long first steps", (DEAD, HIGH, EXPLODING, SATURATED), 6,
         run.large_first_steps, (200, 2000), compiles=False),
    _known("biases saturate", SATURATED, 9, (15, 60)),
    _known("gates shut", SATURATED, 12, (25, 70)),
    _new("hard sigmoid", (SATURATED, DEAD, VANISHING, SCALE), 6, net.hard_sigmoid,
         (30, 300)),
    _new("start above 0", (SATURATED, SCALE, EXPLODING, VANISHING), 12,
         start.uniform_start, (2, 6), compiles=False),
    _known("start alike", SYMMETRIC, 5, (0.06, 0.2)),
    _new("same draw", (SYMMETRIC, SCALE), 4, start.same_draw, (1,), compiles=False),
    _new("same constant", (SYMMETRIC, SCALE), 5, start.same_constant, (0.5, 2),
         compiles=False),
    _known("start large", SCALE, 4, (15, 60)),
    _known("output biases far off", SCALE, 3, (80, 250)),
    _new("unit normal", (SCALE, SATURATED, EXPLODING), 3, start.normal_start, (2, 6),
         compiles=False),
    _known("start positive", SCALE, 4, (8, 30)),
)  # fmt: skip

STEPS = (
    _known("rate high", HIGH, 3, (40, 400), (EXPLODING, NONE)),
    _known("heavy momentum", HIGH, 2, (40, 120), (NONE,)),
    _new("steps up", (HIGH, EXPLODING, NONE), 4, run.steps_up, (12, 40)),
    _known("single rows", HIGH, 4, (15, 60)),
    _new("Lion at a rate for momentum", (HIGH,), 4, run.lion, (10, 60)),
    _known("rate low", LOW[0], 2, (7e-3, 3e-4)),
    _known("plain sgd", LOW[0], 2, (5e-4, 5e-5)),
    _known("Adam's epsilon large", LOW[0], 3, (30, 1000)),
    _known("gradients clipped away", LOW[0], 2, (1e-10, 1e-13)),
    _known("warm-up never ends", LOW[0], 2, (100, 2000)),
    _new("AdaGrad at a rate for Adam", LOW, 4, run.adagrad, (1e-3, 1e-4)),
    _known("few epochs", SHORT, 3, (6, 8)),
    _known("rate falls at once", SHORT, 3, (0.04, 0.007)),
    _new("warm-up outlasts the patience", (SHORT, LOW[0], FROZEN), 3,
         run.waits_too_long, (4, 8), compiles=False),
    _new("few large batches", (SHORT, LOW[0], BATCH), 4, run.few_large_batches,
         (5, 10)),
    _known("decay", HARD, 2, (15, 80)),
    _known("dropout", HARD, 3, (0.975, 0.99)),
    _known("noise on inputs", HARD, 2, (3.5, 7)),
    _new("inputs dropped", (HARD,), 4, net.dropped_inputs, (0.8, 0.93)),
    _new("answers held down", (HARD,), 9, run.answers_held_down, (1, 10)),
    _known("all rows in a batch", BATCH, 3),
    _known("normalized over pairs", BATCH, 3, (2, 5)),
    _known("running statistics", BATCH, 12, (0.9998, 0.99998)),
    _new("sorted, with BatchNorm", (BATCH,), 4, run.sorted_and_normalized, (0.9, 0.8)),
    _new("statistics that lag", (BATCH,), 4, run.lagging_statistics,
         (0.9999, 0.99999)),
    _known("frozen", FROZEN, 3),
    _known("gradient cut", FROZEN, 3),
    _new("hidden values rounded", (FROZEN, VANISHING), 4, net.rounded, (2, 8)),
    _new("first layer alone", (FROZEN,), 4, run.first_layer_alone),
)  # fmt: skip

FIT = (
    _known("relu at the end", MISMATCH, 3),
    _known("bounded output", MISMATCH, 10),
    _new("positive output", (MISMATCH, TARGETS), 9, net.positive_output),
    _new("loss of counts", (MISMATCH,), 9, run.loss_of_counts),
    _new("classes as numbers", (MISMATCH,), 7, run.classes_as_numbers),
    _new("probability for its log", (MISMATCH, SIGN), 4, run.without_log),
    _known("double softmax", DOUBLE, 4),
    _known("softmax inside", DOUBLE, 10),
    _new("two heads", (DOUBLE, VANISHING), 9, net.two_heads),
    _new("softmax thrice", (DOUBLE, MISMATCH), 9, net.softmax_thrice),
    _new("softmax in the loss", (DOUBLE, MISMATCH), 9, run.softmax_in_loss),
    _known("linear", LINEAR, 7),
    _new("leaky to a line", (LINEAR, SMALL), 6, net.leaky, (0.97, 0.995)),
    _new("tanh in its line", (LINEAR, SMALL), 6, net.in_its_line, (300, 3000)),
    _known("loss upside down", SIGN, 4),
    _new("uphill", (SIGN,), 5, run.uphill, (1, 0.1)),
    _new("likeness for a loss", (SIGN,), 5, run.likeness),
    _new("inverted mask", (CONSTANT, FROZEN, VANISHING, DEAD), 3, net.masked),
    _new("mean over rows", (CONSTANT, BATCH), 4, net.mean_over_rows),
    _new("one row for all", (CONSTANT, RANDOM, LEAK, INPUTS), 4, data.one_row,
         compiles=False),
    _known("narrow", SMALL, 4, (1,)),
    _known("bottleneck", SMALL, 3),
    _known("positions missing", SMALL, 12),
    _new("no hidden layers", (SMALL, LINEAR), 5, net.no_hidden_layers),
    _new("mean over columns", (SMALL,), 4, net.mean_over_columns),
)  # fmt: skip

DATA = (
    _known("inputs large", INPUTS, 2, (5000, 3e5)),
    _known("inputs small", INPUTS, 2, (2e-3, 2e-4)),
    _known("inputs skewed", INPUTS, 2, (2.5, 4)),
    _new("columns in their own units", (INPUTS, SATURATED), 5, data.own_units, (3, 5),
         compiles=False),
    _new("two units in one column", (INPUTS, SATURATED), 3, data.mixed_units,
         (300, 5000), compiles=False),
    _new("scaled by a broken row", (INPUTS,), 3, data.broken_row, (1000, 1e5),
         compiles=False),
    _known("targets large", TARGETS, 9, (1500, 3e4), (SCALE,)),
    _known("targets skewed", TARGETS, 6, (1.8, 3)),
    _known("outliers", TARGETS, 9, (150, 700)),
    _known("targets small", TARGETS, 6, (3e-4, 1e-6)),
    _new("targets far off", (TARGETS, SCALE), 9, data.far_targets, (300, 5000),
         compiles=False),
    _known("labels shuffled", RANDOM, 2, (1.0,), (NOISE, HEART)),
    _known("rows slipped", RANDOM, 2, (0.9, 0.99)),
    _known("reshaped, not transposed", RANDOM, 2),
    _known("rows scrambled", RANDOM, 2, (0.95, 0.8)),
    _new("columns sorted apart", (RANDOM, NOISE, HEART), 3, data.sorted_columns,
         compiles=False),
    _known("labels wrong", NOISE, 6, (0.45, 0.65)),
    _known("two conventions of labels", NOISE, 3, (0.35, 0.5)),
    _new("missing labels filled", (NOISE, CLASSES), 5, data.filled_labels, (0.4, 0.6),
         compiles=False),
    _new("rule of thumb", (NOISE, HEART), 6, data.rule_of_thumb, (0.5, 0.75),
         compiles=False),
    _new("signs lost", (NOISE, HEART), 9, data.lost_signs, (0.4, 0.7),
         compiles=False),
    _known("class rare", CLASSES, 6, (0.025, 0.01)),
    _known("class weight", CLASSES, 3, (400, 4000)),
    _new("long tail", (CLASSES,), 9, data.long_tail, (5, 9), compiles=False),
    _new("frequent class repeated", (CLASSES, LEAK), 5, data.wrong_class_copied,
         (30, 100), compiles=False),
    _known("leak", LEAK, 4, (0.0, 0.1)),
    _known("row number", LEAK, 4, (2, 4)),
    _new("what the target was made from", (LEAK,), 4, data.code_of_target, (0, 1),
         compiles=False),
    _new("groups on both sides", (LEAK, HEART), 4, data.groups, (40, 90),
         compiles=False),
    _new("written twice", (LEAK, HEART), 2, data.nearly_repeated, (20, 45),
         compiles=False),
    _known("few rows", HEART, 4, (16, 28)),
    _known("columns of noise", HEART, 4, (200, 400)),
    _known("rows repeated", HEART, 3, (30, 14)),
    _new("rare words", (HEART,), 6, data.rare_words, (300, 700)),
)  # fmt: skip

PLACED = (*SIGNAL, *STEPS, *FIT, *DATA)
SHARES = {operator.name: share for operator, share in PLACED}

PAIRS = (
    ("unit normal", "labels wrong"),
    ("columns in their own units", "decay"),
    ("few epochs", "class rare"),
    ("same draw", "warm-up never ends"),
    ("output biases far off", "rows slipped"),
    ("start above 0", "inputs small"),
    ("start dead", "rate falls at once"),
    ("missing labels filled", "rate low"),
    ("two units in one column", "rate high"),
)
# What needs a program is done with setups that are slow to compile for these alone.
DEAR = ("relative error", "fourth power of errors", "loss of counts", "positive output",
        "inverted mask", "mean over rows", "positions missing", "softmax thrice",
        "running statistics", "answers held down", "uphill",
        "first layer alone")  # fmt: skip


def _takes(setup: Setup, operator: Operator, turn: int) -> bool:
    """Take so many of twelve turns, with even ones as often as odd ones."""
    if operator.compiles and "slow" in setup.kinds and operator.name not in DEAR:
        return False
    return turn * 5 % 12 < SHARES[operator.name]


FOURTH = Catalogue(tuple(one for one, _ in PLACED), PAIRS, _takes, 4)
