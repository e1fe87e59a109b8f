"""Worked example: one forward and one backward pass of a 2-2-1 network, by hand.

Two inputs, two hidden ReLU neurons, one sigmoid output. Hidden neuron 0 has the weights
(0.5, 0.5) and hidden neuron 1 the weights (-0.5, -0.5), so that both sides of the ReLU
are seen: one neuron is active, the other silent. Output weights 1, all biases 0,
learning rate 0.01, x = (1, 2), target 1.

    forward
      z_0 =  0.5 * 1 + 0.5 * 2 =  1.5      a_0 = max( 1.5, 0) = 1.5
      z_1 = -0.5 * 1 - 0.5 * 2 = -1.5      a_1 = max(-1.5, 0) = 0
      z   =  1 * 1.5 + 1 * 0   =  1.5      a   = 1 / (1 + exp(-1.5))
                                               = 1 / 1.22313016015 = 0.81757447619
      da/dz = a (1 - a) = 0.81757447619 * 0.18242552381 = 0.14914645207
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fathom as fm

RATE = 0.01
NETWORK = fm.Network(
    [fm.Dense(2, "relu", name="hidden"), fm.Dense(1, "sigmoid", name="output")], (2,)
)
X, TARGET = [[1.0, 2.0]], [1.0]
# Rows are inputs, columns are neurons.
W_HIDDEN, B_HIDDEN = [[0.5, -0.5], [0.5, -0.5]], [0.0, 0.0]
W_OUTPUT, B_OUTPUT = [[1.0], [1.0]], [0.0]

Z_HIDDEN, A_HIDDEN = [[1.5, -1.5]], [[1.5, 0.0]]
Z_OUTPUT, A_OUTPUT = [[1.5]], [[0.8175744761936]]


@dataclass(frozen=True)
class ByHand:
    """The backward pass of one loss: gradients, and the parameters after one step."""

    loss: str
    value: float
    da_output: list[list[float]]
    dz_output: list[list[float]]
    dw_output: list[list[float]]
    db_output: list[float]
    da_hidden: list[list[float]]
    dz_hidden: list[list[float]]
    dw_hidden: list[list[float]]
    db_hidden: list[float]
    new_w_output: list[list[float]]
    new_b_output: list[float]
    new_w_hidden: list[list[float]]
    new_b_hidden: list[float]


SQUARED_ERROR = ByHand(
    loss="mean_squared_error",
    # L = (a - 1)^2 = 0.18242552381^2
    value=0.0332790717360,
    # dL/da = 2 (a - 1) = -2 * 0.18242552381
    da_output=[[-0.3648510476127]],
    # dL/dz = dL/da * da/dz = -0.36485104761 * 0.14914645207
    dz_output=[[-0.0544162392856]],
    # dL/dw_j = dL/dz * a_j = -0.05441623929 * 1.5, and * 0
    dw_output=[[-0.0816243589284], [0.0]],
    # dL/db = dL/dz
    db_output=[-0.0544162392856],
    # dL/da_j = dL/dz * w_j, and both w_j are 1
    da_hidden=[[-0.0544162392856, -0.0544162392856]],
    # dL/dz_j = dL/da_j * (1 where z_j > 0, else 0): the silent neuron learns nothing
    dz_hidden=[[-0.0544162392856, 0.0]],
    # dL/dw_ij = x_i * dL/dz_j = 1 * -0.05441623929, and 2 * -0.05441623929
    dw_hidden=[[-0.0544162392856, 0.0], [-0.1088324785712, 0.0]],
    db_hidden=[-0.0544162392856, 0.0],
    # w <- w - 0.01 dL/dw = 1 + 0.000816243589
    new_w_output=[[1.000816243589284], [1.0]],
    # 0 + 0.01 * 0.05441623929
    new_b_output=[0.000544162392856],
    # 0.5 + 0.000544162393, and 0.5 + 0.001088324786; the silent neuron stays
    new_w_hidden=[[0.500544162392856, -0.5], [0.501088324785712, -0.5]],
    new_b_hidden=[0.000544162392856, 0.0],
)

BINARY_CROSS_ENTROPY = ByHand(
    loss="binary_cross_entropy",
    # L = -log a = -log 0.81757447619 = log(1.22313016015)
    value=0.2014132779828,
    # dL/da = -1 / a = -1.22313016015
    da_output=[[-1.2231301601484]],
    # dL/dz = dL/da * da/dz = -(1 / a) * a (1 - a) = a - 1
    dz_output=[[-0.1824255238064]],
    # dL/dw_j = dL/dz * a_j = -0.18242552381 * 1.5, and * 0
    dw_output=[[-0.2736382857095], [0.0]],
    # dL/db = dL/dz
    db_output=[-0.1824255238064],
    # dL/da_j = dL/dz * w_j, and both w_j are 1
    da_hidden=[[-0.1824255238064, -0.1824255238064]],
    # dL/dz_j = dL/da_j * (1 where z_j > 0, else 0)
    dz_hidden=[[-0.1824255238064, 0.0]],
    # dL/dw_ij = x_i * dL/dz_j = 1 * -0.18242552381, and 2 * -0.18242552381
    dw_hidden=[[-0.1824255238064, 0.0], [-0.3648510476127, 0.0]],
    db_hidden=[-0.1824255238064, 0.0],
    # w <- w - 0.01 dL/dw = 1 + 0.002736382857
    new_w_output=[[1.002736382857095], [1.0]],
    # 0 + 0.01 * 0.18242552381
    new_b_output=[0.001824255238064],
    # 0.5 + 0.001824255238, and 0.5 + 0.003648510476; the silent neuron stays
    new_w_hidden=[[0.501824255238064, -0.5], [0.503648510476127, -0.5]],
    new_b_hidden=[0.001824255238064, 0.0],
)

BOTH = pytest.mark.parametrize(
    "by_hand", [SQUARED_ERROR, BINARY_CROSS_ENTROPY], ids=lambda row: row.loss
)


def start(dtype: Any) -> dict[str, Any]:
    return {
        "hidden": {
            "weight": jnp.asarray(W_HIDDEN, dtype),
            "bias": jnp.asarray(B_HIDDEN, dtype),
        },
        "output": {
            "weight": jnp.asarray(W_OUTPUT, dtype),
            "bias": jnp.asarray(B_OUTPUT, dtype),
        },
    }


def cost(variables: Any, probes: Any, loss: str) -> jax.Array:
    x = jnp.asarray(X, jnp.float64)
    outputs = NETWORK.forward(variables, x, probes=probes).outputs
    return fm.losses.get(loss)(outputs, jnp.asarray(TARGET, jnp.float64)).mean()


def zeros() -> dict[str, dict[str, jax.Array]]:
    names = ("weighted_sum", "activation")
    return {
        "hidden": {name: jnp.zeros((1, 2), jnp.float64) for name in names},
        "output": {name: jnp.zeros((1, 1), jnp.float64) for name in names},
    }


def close(found: Any, expected: Any) -> None:
    """Compare in float64 with literals of 13 decimals."""
    assert np.asarray(found).dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


@pytest.mark.usefixtures("float64")
def test_output_is_the_one_by_hand():
    close(NETWORK.apply(start(jnp.float64), jnp.asarray(X, jnp.float64)), A_OUTPUT)


@pytest.mark.usefixtures("float64")
def test_every_weighted_sum_and_activation_is_the_one_by_hand():
    x = jnp.asarray(X, jnp.float64)
    taps = NETWORK.forward(start(jnp.float64), x, listen=True).taps
    close(taps["hidden"]["weighted_sum"], Z_HIDDEN)
    close(taps["hidden"]["activation"], A_HIDDEN)
    close(taps["output"]["weighted_sum"], Z_OUTPUT)
    close(taps["output"]["activation"], A_OUTPUT)


@BOTH
@pytest.mark.usefixtures("float64")
def test_loss_is_the_one_by_hand(by_hand: ByHand):
    close(cost(start(jnp.float64), {}, by_hand.loss), by_hand.value)


@BOTH
@pytest.mark.usefixtures("float64")
def test_gradient_of_every_weight_and_bias_is_the_one_by_hand(by_hand: ByHand):
    gradient = jax.grad(cost)(start(jnp.float64), {}, by_hand.loss)
    close(gradient["output"]["weight"], by_hand.dw_output)
    close(gradient["output"]["bias"], by_hand.db_output)
    close(gradient["hidden"]["weight"], by_hand.dw_hidden)
    close(gradient["hidden"]["bias"], by_hand.db_hidden)


@BOTH
@pytest.mark.usefixtures("float64")
def test_gradient_of_every_weighted_sum_is_the_one_by_hand(by_hand: ByHand):
    gradient = jax.grad(cost, argnums=1)(start(jnp.float64), zeros(), by_hand.loss)
    close(gradient["output"]["weighted_sum"], by_hand.dz_output)
    close(gradient["hidden"]["weighted_sum"], by_hand.dz_hidden)


@BOTH
@pytest.mark.usefixtures("float64")
def test_gradient_of_every_activation_is_the_one_by_hand(by_hand: ByHand):
    gradient = jax.grad(cost, argnums=1)(start(jnp.float64), zeros(), by_hand.loss)
    close(gradient["output"]["activation"], by_hand.da_output)
    close(gradient["hidden"]["activation"], by_hand.da_hidden)


@BOTH
def test_one_step_of_training_gives_the_weights_by_hand(by_hand: ByHand):
    trained = train_one_step(by_hand.loss).model.variables
    near = {"rtol": 0, "atol": 1e-7}  # float32: one rounding of a number below 2
    output, hidden = trained["output"], trained["hidden"]
    np.testing.assert_allclose(output["weight"], by_hand.new_w_output, **near)
    np.testing.assert_allclose(output["bias"], by_hand.new_b_output, **near)
    np.testing.assert_allclose(hidden["weight"], by_hand.new_w_hidden, **near)
    np.testing.assert_allclose(hidden["bias"], by_hand.new_b_hidden, **near)


@BOTH
def test_history_has_the_loss_before_the_step(by_hand: ByHand):
    history = train_one_step(by_hand.loss).history
    assert history["loss"].tolist() == pytest.approx([by_hand.value], rel=1e-6)


def train_one_step(loss: str) -> fm.TrainingResult:
    return fm.train(
        NETWORK,
        (X, [1]),
        loss=loss,
        optimizer="sgd",
        learning_rate=RATE,
        batch_size=1,
        epochs=1,
        variables=start(jnp.float32),
    )


@BOTH
def test_loss_is_smaller_after_the_step(by_hand: ByHand):
    after = train_one_step(by_hand.loss).model.variables
    outputs = NETWORK.apply(after, jnp.asarray(X, jnp.float32))
    target = jnp.asarray(TARGET, jnp.float32)
    assert float(fm.losses.get(by_hand.loss)(outputs, target)[0]) < by_hand.value


def test_weights_of_half_and_minus_half_in_each_neuron_leave_both_silent():
    # The other reading of "hidden weights 0.5 and -0.5": z = 0.5 * 1 - 0.5 * 2 = -0.5
    # in both neurons. Nothing but the output's bias has a gradient then, which is why
    # the example above gives each neuron a sign of its own.
    variables = start(jnp.float32)
    weight = jnp.asarray([[0.5, 0.5], [-0.5, -0.5]], jnp.float32)
    variables["hidden"]["weight"] = weight

    def loss(variables: Any) -> jax.Array:
        outputs = NETWORK.apply(variables, jnp.asarray(X, jnp.float32))
        return fm.losses.get("mse")(outputs, jnp.asarray(TARGET, jnp.float32)).mean()

    gradient = jax.grad(loss)(variables)
    # a = sigmoid(0) = 0.5; dL/db = 2 (0.5 - 1) * 0.25
    assert gradient["output"]["bias"].tolist() == [-0.25]
    assert not np.any(gradient["output"]["weight"])
    assert not np.any(gradient["hidden"]["weight"])
