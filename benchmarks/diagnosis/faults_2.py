"""Operators of the second held-out set, with the names that are right for each.

The names were listed before anything was run: the operator's own, and those whose
repair restores the clean twin as well. Where the cause is none of the 26, the nearest
were taken, for the reason in the docstring of the operator's function. Operators of the
first set come with other severities; `is_new` ones have no like there.
"""

from __future__ import annotations

from benchmarks.diagnosis import faults_2_data as data
from benchmarks.diagnosis import faults_2_run as run
from benchmarks.diagnosis import faults_data as old_data
from benchmarks.diagnosis import faults_network as net
from benchmarks.diagnosis import faults_settings as how
from benchmarks.diagnosis.faults import LOW, SCALE, Catalogue, Operator
from benchmarks.diagnosis.setups import Setup

HIGH = "learning-rate-too-high"
INPUTS = ("unscaled-inputs", "saturated-units")
MISMATCH = "output-loss-mismatch"

AGAIN = (
    Operator("rate high", "rate", (HIGH,), how.rate, (80, 600)),
    Operator("rate low", "rate", LOW, how.rate, (3e-3, 1e-5)),
    Operator("rate falls at once", "rate", LOW, how.falling, (0.03, 0.01)),
    Operator("plain sgd", "rate", LOW, run.plain, (3e-4, 1e-4), compiles=True),
    Operator("heavy momentum", "rate", (HIGH, "exploding-gradients"), how.heavy,
             (5, 50), compiles=True),
    Operator("all rows in a batch", "rate", ("batch-faults", *LOW), how.one_batch,
             compiles=True),
    Operator("few epochs", "fit", LOW, how.few_epochs, (3, 5)),
    Operator("decay", "fit", ("over-regularized",), how.decay, (10, 60)),
    Operator("class weight", "settings", ("class-imbalance", "constant-prediction"),
             how.class_weight, (100, 1000)),
    Operator("sorted rows", "settings", ("batch-faults",), how.in_order),
    Operator("frozen", "settings", ("frozen-parameters",), how.frozen, compiles=True),
    Operator("start large", "signal",
             (SCALE, "saturated-units", "exploding-gradients"), net.start, (6, 20)),
    Operator("start small", "signal", (SCALE, "vanishing-gradients"), net.start,
             (1e-5, 1e-9)),
    Operator("start alike", "signal", ("symmetric-initialization", SCALE), net.alike,
             (0.03, 0.3)),
    Operator("start dead", "signal", ("dead-units", SCALE), net.dead, (7, 25)),
    Operator("recurrence explodes", "signal",
             ("exploding-gradients", SCALE, "saturated-units"), net.recurrence,
             (10, 40)),
    Operator("deep sigmoids", "signal", ("vanishing-gradients", SCALE), net.sigmoids,
             (4, 7), compiles=True),
    Operator("linear", "network", ("missing-nonlinearity", "underfitting"), net.linear,
             compiles=True),
    Operator("softmax inside", "network", ("double-softmax", "vanishing-gradients"),
             net.softmax_inside, compiles=True),
    Operator("relu at the end", "network", (MISMATCH, "dead-units"), net.relu_output,
             compiles=True),
    Operator("double softmax", "network", ("double-softmax", MISMATCH),
             net.double_softmax, compiles=True),
    Operator("loss upside down", "settings", ("loss-sign",), how.upside_down,
             compiles=True),
    Operator("narrow", "fit", ("underfitting", "stopped-too-early"), run.narrow, (2,),
             compiles=True),
    Operator("bottleneck", "fit", ("underfitting", "stopped-too-early"),
             net.bottleneck, compiles=True),
    Operator("dropout", "fit", ("over-regularized",), net.dropout, (0.93, 0.98),
             compiles=True),
    Operator("noise on inputs", "fit", ("over-regularized",), net.noise, (2, 5),
             compiles=True),
    Operator("running statistics", "settings", ("batch-faults",), run.running,
             (0.9997, 0.0), compiles=True),
    Operator("inputs large", "data", INPUTS, old_data.inputs_times, (1000, 3e4)),
    Operator("inputs small", "data", ("unscaled-inputs",), old_data.inputs_times,
             (3e-3, 1e-5)),
    Operator("one column large", "data", INPUTS, old_data.one_column, (300, 2e4)),
    Operator("one column far off", "data", INPUTS, data.far_column, (200, 5000)),
    Operator("missing coded", "data", INPUTS, data.coded, (0.02, 0.08)),
    Operator("targets large", "data", ("unscaled-targets",), data.in_units,
             (100, 3000)),
    Operator("outliers", "data", ("unscaled-targets", "label-noise"), data.outliers,
             (60, 900)),
    Operator("labels shuffled", "data", ("random-labels",), old_data.shuffled),
    Operator("rows slipped", "data", ("random-labels", "label-noise", "overfitting"),
             data.slipped, (0.7, 1.0)),
    Operator("labels wrong", "data", ("label-noise", "overfitting"), old_data.wrong,
             (0.4, 0.6)),
    Operator("class rare", "data", ("class-imbalance",), data.rare, (0.02, 0.008)),
    Operator("few rows", "data", ("overfitting",), old_data.few, (30, 48),
             compiles=True),
    Operator("leak", "data", ("leakage",), data.leak, (0.02, 0.15)),
)  # fmt: skip

NEW = (
    Operator("one class wrong", "data", ("label-noise", "class-imbalance"),
             data.one_class_wrong, (0.65, 0.9), is_new=True),
    Operator("rows repeated", "data", ("overfitting", "leakage"), data.repeated,
             (24, 40), is_new=True),
    Operator("rows scrambled", "data",
             ("random-labels", "label-noise", "overfitting"), data.scrambled,
             (1.0, 0.85), is_new=True),
    Operator("columns of noise", "data", ("overfitting",), data.noise_columns,
             (100, 250), is_new=True, compiles=True),
    Operator("targets skewed", "data", ("unscaled-targets", "label-noise"),
             data.skewed, (1.5, 2.5), is_new=True),
    Operator("biases saturate", "signal",
             ("saturated-units", SCALE, "vanishing-gradients"),
             run.saturating_biases, (8, 25), is_new=True),
    Operator("output biases far off", "signal",
             (SCALE, "constant-prediction", *LOW), run.output_bias, (100, 300),
             is_new=True),
    Operator("start positive", "signal",
             (SCALE, "exploding-gradients", "saturated-units"), run.positive, (4, 12),
             is_new=True),
    Operator("gates shut", "signal",
             ("saturated-units", "vanishing-gradients", SCALE), run.shut_gates,
             (15, 30), is_new=True),
    Operator("activation steep", "network",
             ("saturated-units", "vanishing-gradients", SCALE), run.gain, (40, 300),
             is_new=True, compiles=True),
    Operator("activation flat", "network", ("vanishing-gradients", SCALE), run.gain,
             (0.01, 0.001), is_new=True, compiles=True),
    Operator("bounded output", "network",
             (MISMATCH, "unscaled-targets", "saturated-units"), run.bounded_output,
             is_new=True, compiles=True),
    Operator("positions missing", "network", ("underfitting", "random-labels"),
             run.without_positions, is_new=True, compiles=True),
    Operator("rate grows", "rate", (HIGH, "exploding-gradients", "non-finite"),
             run.growing, (1000, 2e4), is_new=True, compiles=True),
    Operator("gradients clipped away", "rate", LOW, run.clipped, (1e-9, 1e-11),
             is_new=True, compiles=True),
    Operator("single rows", "rate", (HIGH, "batch-faults"), run.single_rows, (10, 40),
             is_new=True, compiles=True),
    Operator("rows mixed", "fit", ("over-regularized",), run.mixed_up, (50,),
             is_new=True, compiles=True),
)  # fmt: skip

PAIRS = (
    ("rate low", "labels wrong"),
    ("inputs large", "decay"),
    ("output biases far off", "class rare"),
    ("few epochs", "start large"),
    ("rows repeated", "rate high"),
)
# Those that make sense for few setups.
RARE = ("running statistics", "recurrence explodes", "targets large", "outliers")
# What needs a program is done with setups that are slow to compile for these alone.
DEAR = ("heavy momentum", "double softmax", "narrow", "bounded output",
        "positions missing", "rate grows")  # fmt: skip


def _takes(setup: Setup, operator: Operator, turn: int) -> bool:
    """Leave out some setups, for the time: half for known faults with own programs."""
    if "slow" in setup.kinds and operator.compiles:
        return operator.name in DEAR
    if operator.is_new or operator.name in RARE:
        return True
    # Of four turns, so that every severity comes.
    return turn % 4 in ((0, 1) if operator.compiles else (0, 1, 2))


SECOND = Catalogue((*AGAIN, *NEW), PAIRS, _takes)
