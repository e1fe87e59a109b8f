"""For every static rule: sick examples that fire it, and look-alikes that do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax.numpy as jnp
import numpy as np
from tests.diagnose.examples import (
    CLASSES,
    cnn,
    generated_table,
    images,
    mlp,
    numbers,
    recurrent,
    rows,
    sequences,
    transformer,
)

import fathom as fm

Dense = fm.Dense


@dataclass(frozen=True)
class Case:
    """What is handed to `fm.check`, and what is to be said.

    `severity` is what the rule must say; "" means that it must be silent, and that
    there must be no alarm of any rule.
    """

    rule: str
    about: str
    network: Any
    data: Any
    severity: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.rule}: {self.about}"


def logits_loss(outputs: Any, targets: Any) -> Any:
    """Cross-entropy on logits, as other libraries have it."""
    z = outputs - outputs.max(-1, keepdims=True)
    log_p = z - jnp.log(jnp.exp(z).sum(-1, keepdims=True))
    return -jnp.take_along_axis(log_p, jnp.asarray(targets)[:, None], -1)[:, 0]


def row_logits_loss(outputs: Any, targets: Any) -> Any:
    return logits_loss(outputs, jnp.asarray(targets).argmax(-1))


def probability_loss(outputs: Any, targets: Any) -> Any:
    chosen = jnp.take_along_axis(outputs, jnp.asarray(targets)[:, None], -1)[:, 0]
    return -jnp.log(jnp.clip(chosen, 1e-7, 1))


def binary_logits_loss(outputs: Any, targets: Any) -> Any:
    z, t = outputs[:, 0], jnp.asarray(targets).astype(jnp.float32)
    return jnp.logaddexp(0, z) - t * z


def likelihood(outputs: Any, targets: Any) -> Any:
    return -probability_loss(outputs, targets)


def similarity(outputs: Any, targets: Any) -> Any:
    return -jnp.square(outputs[:, 0] - jnp.asarray(targets)).astype(jnp.float32)


def steep(x: Any) -> Any:
    return jnp.tanh(100 * x)


def weak(x: Any) -> Any:
    return jnp.tanh(0.01 * x)


def squared(outputs: Any, targets: Any) -> Any:
    return -similarity(outputs, targets)


X, y = rows()
Xn, yn = numbers()
IMAGES, yi = images()
S, ys = sequences()
NAN = np.where(np.arange(X.size).reshape(X.shape) == 5, np.nan, X)
UNEVEN = X * np.array([1, 1, 1, 1, 1, 1, 1, 1e4], np.float32)
SPARSE = (np.random.default_rng(0).random((300, 8)) < 0.02).astype(np.float32)
COPIED = np.column_stack([X, y * 10 + 5])
NEARLY = np.column_stack([X, y + np.random.default_rng(0).normal(0, 0.02, len(y))])
CUT = np.argsort(np.argsort(X[:, 0])) * 10 // len(X)
NUMBERED = np.column_stack([X, np.random.default_rng(0).permutation(len(X))])
BIASED = {**mlp().init(0), "dense_1": {"weight": np.ones((8, 16)) * 0.01,
          "bias": np.full(16, -50.0)}}  # fmt: skip
RARE = np.where(np.arange(300) % 60 == 0, 1, 0)


def initialized(kind: str, make: Callable[..., fm.Network] = mlp) -> fm.Network:
    return make(weight_init=kind)


def deep(activation: str, init: str, depth: int = 12, n: int = 32) -> fm.Network:
    hidden = [Dense(n, activation, weight_init=init) for _ in range(depth)]
    return fm.Network([*hidden, Dense(CLASSES, "softmax")], (8,))


def ended(*layers: fm.Layer, shape: tuple[int, ...] = (8,)) -> fm.Network:
    return fm.Network([Dense(16, "relu"), *layers], shape)


def softmax_of_softmax(make: Callable[..., fm.Network]) -> fm.Network:
    network = make()
    return fm.Network([*network.layers, fm.Activation("softmax")], network.input_shape)


case = partial(Case)
SICK = [
    case("unscaled-inputs", "one column in other units", mlp(), (UNEVEN, y), "note"),
    case("unscaled-inputs", "years", mlp(), (X + 2000, y), "note"),
    case("unscaled-inputs", "tiny", mlp(), (X * 1e-4, y), "note"),
    case("unscaled-inputs", "one tiny column", mlp(),
         (X * np.array([1, 1, 1, 1, 1, 1, 1, 1e-4]), y), "note"),
    case("unscaled-inputs", "pixels to 255", cnn(), (IMAGES * 255, yi), "note"),
    case("unscaled-inputs", "sequences", recurrent(), (S * 100, ys), "note"),
    case("unscaled-inputs", "transformer", transformer(), (S * 100, ys), "note"),
    case("unscaled-inputs", "all the same", mlp(), (np.ones_like(X), y), "alarm"),
    case("unscaled-targets", "dollars", mlp(1), (Xn, yn * 1e5 + 3e5), "note"),
    case("unscaled-targets", "shifted", mlp(1), (Xn, yn + 50), "note"),
    case("unscaled-targets", "tiny", mlp(1), (Xn, yn * 1e-4), "note"),
    case("class-imbalance", "5 of 300", mlp(2), (X, RARE), "note"),
    case("leakage", "the label as a column", mlp(inputs=9), (COPIED, y), "alarm"),
    case("leakage", "nearly the label as a column", mlp(inputs=9), (NEARLY, y),
         "alarm"),
    case("leakage", "row numbers", mlp(inputs=9), (NUMBERED, y), "note"),
    case("leakage", "a category of a table", "mlp", generated_table(copy=True),
         "alarm"),
    case("leakage", "the target in another unit", mlp(1, 9),
         (np.column_stack([Xn, yn * 1.8 + 32]), yn), "alarm"),
    case("leakage", "rows on both sides", mlp(),
         (np.concatenate([X, X]), np.concatenate([y, y])), "alarm",
         {"validation": 0.2}),
    case("random-labels", "shuffled", mlp(),
         (X, np.random.default_rng(1).permutation(y)), "note"),
    case("random-labels", "shuffled numbers", mlp(1),
         (Xn, np.random.default_rng(1).permutation(yn)), "note"),
    case("non-finite", "an input", mlp(), (NAN, y), "alarm"),
    case("non-finite", "a target", mlp(1),
         (Xn, np.where(yn == yn.max(), np.inf, yn)), "alarm"),
    case("non-finite", "beyond float32", mlp(), (X.astype(float) * 1e300, y), "alarm"),
    case("non-finite", "a start value", mlp(), (X, y), "alarm",
         {"variables": {**mlp().init(0), "dense_1": {
             "weight": np.full((8, 16), np.nan, np.float32),
             "bias": np.zeros(16, np.float32)}}}),
    case("symmetric-initialization", "zeros", initialized("zeros"), (X, y), "alarm"),
    case("symmetric-initialization", "constant", initialized("constant"), (X, y),
         "alarm"),
    case("symmetric-initialization", "cnn", initialized("zeros", cnn), (IMAGES, yi),
         "alarm"),
    case("symmetric-initialization", "recurrent", initialized("constant", recurrent),
         (S, ys), "alarm"),
    case("initialization-scale", "large", initialized("normal(5)"), (X, y), "alarm"),
    case("initialization-scale", "large cnn", initialized("normal(3)", cnn),
         (IMAGES, yi), "alarm"),
    case("initialization-scale", "fading", deep("tanh", "normal(0.01)"), (X, y),
         "note"),
    case("initialization-scale", "deep sigmoids", deep("sigmoid", "auto"), (X, y),
         "alarm"),
    case("missing-nonlinearity", "mlp", ended(Dense(3, "softmax")).replace(
        "dense_1", Dense(16)), (X, y), "note"),
    case("missing-nonlinearity", "cnn", cnn().replace("conv_1", fm.Conv(9, 3)),
         (IMAGES, yi), "note"),
    case("saturated-units", "a steep function", mlp().replace(
        "dense_1", Dense(16, steep)), (X, y), "note"),
    case("vanishing-gradients", "a weak function", mlp().replace(
        "dense_1", Dense(16, weak)), (X, y), "note"),
    case("dead-units", "biases far below 0", mlp(), (X, y), "alarm",
         {"variables": BIASED}),
    case("output-loss-mismatch", "relu", ended(Dense(3, "relu")), (X, y), "alarm",
         {"loss": "cross_entropy"}),
    case("output-loss-mismatch", "no activation", ended(Dense(3)), (X, y), "alarm",
         {"loss": "cross_entropy"}),
    case("output-loss-mismatch", "too few units", mlp(2), (X, y), "alarm"),
    case("output-loss-mismatch", "too many units", mlp(7), (X, y.astype(str)),
         "alarm"),
    case("output-loss-mismatch", "softmax over one unit", ended(Dense(1, "softmax")),
         (X, y == 1), "alarm"),
    case("output-loss-mismatch", "squared error on classes", mlp(), (X, y), "alarm",
         {"loss": "mse"}),
    case("output-loss-mismatch", "yes or no for each class", mlp(), (X, y), "alarm",
         {"loss": "bce"}),
    case("output-loss-mismatch", "sigmoids for one class", ended(Dense(3, "sigmoid")),
         (X, y), "alarm"),
    case("output-loss-mismatch", "one against the rest", ended(Dense(3, "sigmoid")),
         (X, y), "note", {"loss": "cross_entropy"}),
    case("output-loss-mismatch", "relu in regression", ended(Dense(1, "relu")),
         (Xn, yn), "alarm"),
    case("output-loss-mismatch", "tanh in regression", ended(Dense(1, "tanh")),
         (Xn, yn * 5), "alarm"),
    case("output-loss-mismatch", "softmax in regression", ended(Dense(2, "softmax")),
         (Xn, np.abs(np.stack([yn, yn], 1)) % 1.0), "alarm", {"loss": "mse"}),
    case("output-loss-mismatch", "labels of -1 and 1", ended(Dense(2, "sigmoid")),
         (X, np.sign(X[:, :2])), "alarm", {"loss": "bce"}),
    case("output-loss-mismatch", "several at once", ended(Dense(3, "softmax")),
         (X, (X[:, :3] > 0).astype(float)), "alarm"),
    case("output-loss-mismatch", "classes as amounts", ended(Dense(1)), (X, y),
         "note"),
    case("output-loss-mismatch", "cnn", cnn(2), (IMAGES, yi), "alarm"),
    case("output-loss-mismatch", "recurrent", recurrent(2), (S, ys), "alarm"),
    case("output-loss-mismatch", "transformer", transformer(2), (S, ys), "alarm"),
    case("double-softmax", "mlp", softmax_of_softmax(mlp), (X, y), "alarm"),
    case("double-softmax", "cnn", softmax_of_softmax(cnn), (IMAGES, yi), "alarm"),
    case("double-softmax", "recurrent", softmax_of_softmax(recurrent), (S, ys),
         "alarm"),
    case("double-softmax", "a loss on logits", mlp(), (X, y), "alarm",
         {"loss": logits_loss}),
    case("double-softmax", "a binary loss on logits", ended(Dense(1, "sigmoid")),
         (X, (y == 1).astype(int)), "alarm", {"loss": binary_logits_loss}),
    case("loss-sign", "a likelihood", mlp(), (X, y), "alarm", {"loss": likelihood}),
    case("loss-sign", "a similarity", mlp(1), (Xn, yn), "alarm",
         {"loss": similarity}),
    case("learning-rate-too-high", "adam", mlp(), (X, y), "note",
         {"learning_rate": 1.0}),
    case("learning-rate-too-low", "sgd", mlp(), (X, y), "note",
         {"learning_rate": 1e-7, "optimizer": "sgd"}),
    case("frozen-parameters", "all", mlp(), (X, y), "alarm",
         {"freeze": ["dense_1", "dense_2"]}),
    case("frozen-parameters", "random features", mlp(), (X, y), "note",
         {"freeze": "dense_1"}),
    case("frozen-parameters", "step", ended(Dense(8, "step"), Dense(3, "softmax")),
         (X, y), "alarm"),
    case("frozen-parameters", "single steps", recurrent(), (S[:, :1], ys), "note"),
    case("batch-faults", "one row and BatchNorm",
         ended(fm.BatchNorm(), Dense(3, "softmax")), (X, y), "alarm",
         {"batch_size": 1}),
    case("batch-faults", "larger than the data", mlp(), (X, y), "note",
         {"batch_size": 512}),
    case("batch-faults", "sorted", mlp(), (X[np.argsort(y)], np.sort(y)), "note",
         {"shuffle": False}),
    case("batch-faults", "sorted numbers", mlp(1), (Xn[np.argsort(yn)], np.sort(yn)),
         "note", {"shuffle": False}),
    case("overfitting", "20 rows", mlp(), (X[:20], y[:20]), "note"),
    case("overfitting", "a million parameters",
         fm.Network([Dense(1000, "relu"), Dense(1000, "relu"), Dense(3, "softmax")],
                    (8,)), (X, y), "note"),
]  # fmt: skip

HEALTHY = [
    case("unscaled-inputs", "standardized", mlp(), (X, y)),
    case("unscaled-inputs", "0 to 1", cnn(), (IMAGES, yi)),
    case("unscaled-inputs", "rare words", mlp(2), (SPARSE, RARE)),
    case("unscaled-inputs", "pixels that hardly vary", mlp(),
         (np.where(np.arange(2400).reshape(300, 8) % 99 == 0, 1.0, -1.0), y)),
    case("unscaled-inputs", "BatchNorm first",
         fm.Network([fm.BatchNorm(), *mlp().layers], (8,)), (UNEVEN, y)),
    case("unscaled-inputs", "a table", "mlp", generated_table()),
    case("unscaled-inputs", "tokens", fm.Network(
        [fm.Embedding(500, 8), fm.GlobalAveragePool(), Dense(3, "softmax")], (4,)),
        (np.abs(X[:, :4] * 100).astype(int), y)),
    case("saturated-units", "a function that bends slowly", mlp().replace(
        "dense_1", Dense(16, jnp.tanh)), (X, y)),
    case("vanishing-gradients", "a function with a slope", mlp().replace(
        "dense_1", Dense(16, jnp.arctan)), (X, y)),
    case("unscaled-targets", "standardized", mlp(1), (Xn, yn)),
    case("unscaled-targets", "a table in dollars", "mlp",
         fm.read(Xn, target=yn * 1e5)),
    case("class-imbalance", "2 to 1", mlp(2), (X, np.arange(300) % 3 == 0)),
    case("class-imbalance", "weighted", mlp(2), (X, RARE), "",
         {"class_weight": "balanced"}),
    case("leakage", "a good column", mlp(2), (X, X[:, 0] + X[:, 1] > 0)),
    case("leakage", "a column cut into classes", mlp(10), (X, CUT)),
    case("leakage", "a line", fm.Network([Dense(1)], (1,)), (Xn[:, :1], Xn[:, 0] * 2)),
    case("leakage", "few different rows", mlp(2),
         (np.sign(X).astype(np.float32), X[:, 0] * X[:, 1] > 0), "",
         {"validation": 0.2}),
    case("leakage", "a table", "mlp", generated_table(), "", {"validation": 0.2}),
    case("random-labels", "rings", mlp(2),
         (X[:, :8], (X[:, :2] ** 2).sum(1) > 1.4)),
    case("random-labels", "half wrong", mlp(),
         (X, np.where(np.arange(300) % 2, y, np.random.default_rng(1).permutation(y)))),
    case("non-finite", "missing in a table", "mlp", generated_table()),
    case("symmetric-initialization", "a head of zeros",
         ended(Dense(3, "softmax", weight_init="zeros")), (X, y)),
    case("symmetric-initialization", "a residual block that starts as nothing",
         ended(fm.Residual([Dense(8, "relu"), Dense(16, weight_init="zeros")]),
               Dense(3, "softmax")), (X, y)),
    case("initialization-scale", "He's in 12 layers", deep("relu", "auto", n=64),
         (X, y)),
    case("initialization-scale", "a transformer", transformer(), (S, ys)),
    case("initialization-scale", "recurrent", recurrent(), (S, ys)),
    case("initialization-scale", "a variational autoencoder", fm.Network(
        [Dense(8, "relu"), Dense(8), fm.Sample(), Dense(8)], (8,)), X),
    case("missing-nonlinearity", "a bottleneck",
         fm.Network([Dense(2), Dense(8)], (8,)), (X, X), "", {"loss": "mse"}),
    case("missing-nonlinearity", "separable", fm.Network(
        [fm.Conv(4, 3, groups=1, activation="relu"), fm.Conv(4, 3, groups="depthwise"),
         fm.Conv(8, 1, activation="relu"), fm.GlobalAveragePool(),
         Dense(3, "softmax")], (8, 8, 1)), (IMAGES, yi)),
    case("missing-nonlinearity", "an activation of its own", fm.Network(
        [Dense(16), fm.BatchNorm(), fm.Activation("relu"), Dense(3, "softmax")],
        (8,)), (X, y)),
    case("missing-nonlinearity", "a transformer", transformer(), (S, ys)),
    case("dead-units", "wide", ended(Dense(512, "relu"), Dense(3, "softmax")), (X, y)),
    case("dead-units", "cnn", cnn(), (IMAGES, yi)),
    case("output-loss-mismatch", "softmax", mlp(), (X, y)),
    case("output-loss-mismatch", "softmax in a chain",
         ended(fm.Chain([Dense(3, "softmax")])), (X, y), "",
         {"loss": "cross_entropy"}),
    case("output-loss-mismatch", "one sigmoid", ended(Dense(1, "sigmoid")),
         (X, y == 1)),
    case("output-loss-mismatch", "several yes or no", ended(Dense(3, "sigmoid")),
         (X, (X[:, :3] > 0).astype(float))),
    case("output-loss-mismatch", "relu for amounts", ended(Dense(1, "relu")),
         (Xn, np.abs(yn))),
    case("output-loss-mismatch", "tanh for pixels", ended(Dense(8, "tanh")),
         (Xn, np.tanh(Xn)), "", {"loss": "mse"}),
    case("output-loss-mismatch", "shares", ended(Dense(2, "softmax")),
         (Xn, np.stack([np.abs(yn) % 1, 1 - np.abs(yn) % 1], 1)), "",
         {"loss": "kl_divergence"}),
    case("output-loss-mismatch", "an autoencoder", ended(Dense(8)), X),
    case("double-softmax", "once", mlp(), (X, y)),
    case("double-softmax", "logits and a loss on logits", ended(Dense(3)),
         (X, np.eye(3)[y]), "", {"loss": row_logits_loss}),
    case("double-softmax", "a loss of probabilities", mlp(), (X, y), "",
         {"loss": probability_loss}),
    case("loss-sign", "a squared error", mlp(1), (Xn, yn), "", {"loss": squared}),
    case("loss-sign", "a loss of probabilities", mlp(), (X, y), "",
         {"loss": probability_loss}),
    case("learning-rate-too-high", "0.1", mlp(), (X, y), "", {"learning_rate": 0.1}),
    case("learning-rate-too-low", "1e-5", mlp(), (X, y), "", {"learning_rate": 1e-5}),
    case("frozen-parameters", "transfer", mlp(), (X, y), "",
         {"freeze": "dense_1", "variables": mlp().init(3)}),
    case("frozen-parameters", "a head of zeros",
         ended(Dense(3, "softmax", weight_init="zeros")), (X, y)),
    case("batch-faults", "BatchNorm", ended(fm.BatchNorm(), Dense(3, "softmax")),
         (X, y)),
    case("batch-faults", "four rows", mlp(), (X[:4], np.array([0, 1, 2, 0]))),
    case("batch-faults", "not shuffled, not sorted", mlp(), (X, y), "",
         {"shuffle": False}),
    case("overfitting", "300 rows", mlp(), (X, y)),
]  # fmt: skip
