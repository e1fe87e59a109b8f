"""Do network, loss and data agree? What goes with what, and messages if not."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from fathom import losses
from fathom.errors import InputError, require
from fathom.examples import Examples, no_pair
from fathom.network import Network
from fathom.training.objective import Batch, targets_of
from fathom.weights import flatten, unflatten

if TYPE_CHECKING:
    from fathom.data.target import TargetCoding

# Losses of probabilities, and the activation that gives them.
OF_PROBABILITIES = {
    "cross_entropy": "softmax",
    "binary_cross_entropy": "sigmoid",
    "kl_divergence": "softmax",
}


def usual_loss(network: Network) -> str:
    """Return the loss that goes with a network's output activation."""
    activation = network.without_output_activation()[1]
    usual = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}
    return usual.get(activation or "", "mean_squared_error")


def usual_metrics(examples: Examples) -> tuple[str, ...]:
    """Return the metrics that go with a target."""
    if examples.target is None:
        return ()
    return ("accuracy",) if examples.target.task == "classification" else ("r2",)


def check_outputs(
    network: Network, training: Batch, target: TargetCoding | None
) -> None:
    """Raise InputError if outputs and targets cannot be compared, naming both."""
    shape, y = network.output_shape, targets_of(training)
    if training.y is None and getattr(y, "shape", (0,))[1:] != shape:
        raise no_pair("data", y)
    if shape[-1:] == (1,) and network.without_output_activation()[1] == "softmax":
        raise InputError(
            "A softmax over one unit is always 1. End the network in "
            "Dense(1, 'sigmoid'), or in one unit for each class."
        )
    if y.dtype == np.int32 and training.y is not None and y.ndim > 1:
        return  # a class for every step, checked when it was encoded
    if y.dtype == np.int32:
        n_classes = len(target.classes or ()) if target else int(y.max()) + 1
        outputs = int(np.prod(shape))
        if outputs != n_classes and (outputs, n_classes) != (1, 2):
            raise InputError(
                f"The target has {n_classes} classes, but the network's output layer "
                f"has {outputs} units. Give it {n_classes}."
            )
    elif y.dtype != np.int32 and np.prod(shape) != np.prod(y.shape[1:]):
        raise InputError(
            f"The network gives outputs of shape {shape}, and each target has shape "
            f"{y.shape[1:]}: give the output layer {int(np.prod(y.shape[1:]))} units, "
            f"or end the network with Dense(n, 'softmax') if the targets are classes."
        )


def check_variables(network: Network, variables: Mapping[str, Any]) -> None:
    """Raise InputError if start values do not have the network's names and shapes."""
    wanted = {
        name: tuple(a.shape)
        for name, a in flatten(jax.eval_shape(network.init)).items()
    }
    given = {name: np.shape(a) for name, a in flatten(variables).items()}
    for name in sorted({*wanted, *given}):
        if wanted.get(name) != given.get(name):
            raise InputError(
                f"The start values do not fit the network: '{name}' has shape "
                f"{given.get(name, 'none (it is missing)')}, expected "
                f"{wanted.get(name, 'none (the network has no such array)')}."
            )


def frozen_addresses(network: Network, given: Any) -> tuple[str, ...]:
    """Return the addresses of the layers that do not learn.

    Raises:
        InputError: If these are no addresses, or there is no such layer.
    """
    addresses = (given,) if isinstance(given, str) else given
    fits = isinstance(addresses, Iterable) and not isinstance(addresses, Mapping)
    addresses = tuple(addresses) if fits else ()
    fits = fits and all(isinstance(address, str) for address in addresses)
    expected = "the address of a layer such as 'dense_1', or a list of such"
    require(fits, "train", "freeze", expected, given)
    for address in addresses:
        _ = network[address]  # raises where there is none
        is_whole = "[" not in address and not address.endswith("/")
        expected = "addresses of layers; the blocks of a Repeat learn together, or not"
        require(is_whole, "train", "freeze", expected, address)
    return addresses


def taken_over(
    network: Network, trained: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """Return start values, those of trained layers where address and shapes agree.

    Raises:
        InputError: If no layer agrees.
    """
    fresh, old = flatten(network.init(seed)), flatten(trained)
    same = [
        name
        for name, array in fresh.items()
        if getattr(old.get(name), "shape", None) == array.shape
    ]
    if not same:
        raise InputError(
            f"start_from has no layer with the address and the shapes of one of this "
            f"network. The model has {', '.join(trained)}; the network has "
            f"{', '.join(network.init(seed))}. Name the layers that are to be taken "
            f"over the same."
        )
    return unflatten({**fresh, **{name: old[name] for name in same}})


def warn_of_logits(network: Network, loss: Any) -> None:
    """Warn where a loss of probabilities gets values that are not probabilities."""
    activation = network.without_output_activation()[1]
    name = losses.canonical(loss) if isinstance(loss, str) else ""
    if name not in OF_PROBABILITIES or activation in (None, "softmax", "sigmoid"):
        return
    warnings.warn(
        f"{name} compares probabilities, and the last layer "
        f"{network.layers[-1].label} ends in {activation!r}: end it in "
        f"{OF_PROBABILITIES[name]!r}. Fathom then computes the loss on the logits by "
        f"itself.",
        stacklevel=3,
    )
