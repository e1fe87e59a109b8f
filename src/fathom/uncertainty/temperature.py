"""Temperature scaling: one number that makes probabilities meet frequencies.

    P(class k | x) = softmax(logits(x) / T)_k
    T minimizes  -sum_i log P(y_i | x_i) + (log T)^2 / (2 s^2),   s = 0.5

on rows that training did not learn from. T above 1 makes a network less sure. The order
of the classes, and so the most probable one, stays. In the network, T is a layer before
the last activation, so that whatever runs the network runs it too.

The second term, a weak prior for T = 1, is not in the source. Without it a hundred rows
that happen to be all right ask for T = 0, and the first wrong row after them costs
everything. It weighs as much as a few rows, and is lost among many.

Source: Guo et al., "On calibration of modern neural networks", ICML (2017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fathom.errors import InputError
from fathom.layers import Activation, Standardize
from fathom.network import Network

# The address of the layer that divides.
ADDRESS = "temperature"
# T is looked for in this range; the logarithm of it by golden section.
LEAST, MOST = 0.02, 50.0
STEPS = 60
# Standard deviation of log T in the prior.
PRIOR = 0.5


def fit_temperature(logits: Sequence[np.ndarray], targets: np.ndarray) -> float:
    """Return the temperature of the least negative log likelihood, with the prior.

    For several members the mean of their probabilities is what is judged, with one
    temperature for all. The result is between 0.02 and 50.

    Args:
        logits: Of every member, (rows, classes); (rows, 1) before a sigmoid.
        targets: (rows,) class numbers.

    Example:
        >>> rows = np.array([[2.0, 0.0]] * 4000)
        >>> three_of_four = np.arange(4000) % 4 == 3
        >>> round(fit_temperature([rows], three_of_four.astype(int)), 1)  # 2 / log 3
        1.8
    """
    wide = np.stack([_two_columns(one) for one in logits])

    def cost(log_temperature: float) -> float:
        prior = log_temperature**2 / (2 * PRIOR**2) / len(targets)
        scaled = wide / np.exp(log_temperature)
        return prior + _negative_log_likelihood(scaled, targets)

    return float(np.exp(_golden(cost, np.log(LEAST), np.log(MOST))))


def with_temperature(network: Network, temperature: float) -> Network:
    """Return the network with its logits divided by a temperature.

    A network that has one already gets the product of both.

    Raises:
        InputError: If the network does not end in a softmax or sigmoid.

    Example:
        >>> from fathom.layers import Dense
        >>> network = Network([Dense(3, "softmax")], (4,))
        >>> [layer.name for layer in with_temperature(network, 2.0).layers]
        ['dense_1', 'temperature', 'activation_1']
    """
    bare, activation = logits_of(network)
    layers = (
        bare.layers[:-1] if isinstance(bare.layers[-1], Activation) else bare.layers
    )
    if layers and isinstance(layers[-1], Standardize) and layers[-1].name == ADDRESS:
        (before,) = np.atleast_1d(layers[-1].spread)
        temperature, layers = temperature * float(before), layers[:-1]
    last = network.layers[-1]
    end = last if isinstance(last, Activation) else Activation(activation)
    divide = Standardize(0.0, temperature, name=ADDRESS)
    return Network((*layers, divide, end), network.input_shape)


def logits_of(network: Network) -> tuple[Network, str]:
    """Return the network without its last activation, and the name of that.

    Raises:
        InputError: If that is neither a softmax nor a sigmoid.
    """
    bare, activation = network.without_output_activation()
    if activation not in ("softmax", "sigmoid"):
        raise InputError(
            f"Temperature scaling divides the logits before a final softmax or "
            f"sigmoid. This network ends in {activation or 'neither'}: end it in "
            f"Dense(n, 'softmax')."
        )
    return bare, activation


def _two_columns(logits: np.ndarray) -> np.ndarray:
    values = np.asarray(logits, np.float64).reshape(len(logits), -1)
    if values.shape[1] == 1:  # sigmoid(z) is the softmax of 0 and z
        values = np.concatenate([np.zeros_like(values), values], axis=1)
    return values


def _negative_log_likelihood(logits: np.ndarray, targets: np.ndarray) -> float:
    """Return the mean over rows for logits (members, rows, classes)."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    own = log_shares[:, np.arange(len(targets)), targets]  # (members, rows)
    top = own.max(axis=0)
    return float(-(top + np.log(np.exp(own - top).mean(axis=0))).mean())


def _golden(cost: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one valley is lowest.

    Source: Kiefer, "Sequential minimax search for a maximum" (1953).
    """
    share = (np.sqrt(5) - 1) / 2
    a, b = high - share * (high - low), low + share * (high - low)
    at_a, at_b = cost(a), cost(b)
    for _ in range(STEPS):
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - share * (high - low)
            at_a = cost(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + share * (high - low)
            at_b = cost(b)
    return (low + high) / 2
