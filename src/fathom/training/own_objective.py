"""An objective of the user's own: any function of network, variables, batch and key.

It serves what no loss on (outputs, targets) can say: two players, three embeddings of
one network, a regularizer of the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fathom.errors import InputError
from fathom.network import Network
from fathom.training.objective import Batch, Measured, Sums, require_one_each, weighted
from fathom.training.packing import learning_mask
from fathom.variables import Variables, split_state


class Terms(NamedTuple):
    """What an objective may return instead of the loss alone.

    Attributes:
        loss: (batch,) the loss of every example.
        metrics: (batch,) values by name, shown and kept in the history beside it.
        state: Running statistics after the pass (`forward(...).state`), or None if
            they stay as they are.
    """

    loss: jax.Array
    metrics: Mapping[str, jax.Array] = {}
    state: Mapping[str, Any] | None = None


# Columns of the history that every run has.
RESERVED = frozenset({"epoch", "loss", "learning_rate", "seconds"})

Function = Callable[[Network, Mapping[str, Any], Batch, Any], Any]


@dataclass(frozen=True)
class OwnObjective:
    """A network and a function that says what is minimized.

    Attributes:
        network: The network whose parameters are trained.
        function: (network, variables, batch, key) -> (batch,) or `Terms`. The key is
            None on validation examples, where nothing is to be dropped.
        frozen: Addresses of layers that do not learn.
    """

    network: Network
    function: Function
    frozen: frozenset[str] = field(default=frozenset())

    @property
    def is_random(self) -> bool:
        """The function always gets a key in training."""
        return True

    def measure(
        self,
        variables: Mapping[str, Any],
        batch: Batch,
        *,
        training: bool = False,
        key: jax.Array | None = None,
    ) -> Measured:
        """Return the sums of what the function gives."""
        given = self.function(self.network, variables, batch, key if training else None)
        terms = _as_terms(given)
        require_one_each(terms.loss, batch)
        for name, value in terms.metrics.items():
            require_one_each(value, batch, f"metric (here '{name}')")
        sums = {name: weighted(value, batch) for name, value in terms.metrics.items()}
        old = split_state(variables)[1]
        state = old if terms.state is None else self._moved(old, dict(terms.state))
        return Measured(
            Sums(batch.weight.sum(), weighted(terms.loss, batch), sums), state
        )

    def _moved(self, old: Variables, new: Variables) -> Variables:
        """Return the new running statistics, the old ones where a layer is frozen."""
        if jax.tree.structure(new) != jax.tree.structure(old):
            raise InputError(
                "An objective's state must be what network.forward(...).state is: the "
                "running statistics of all layers. Got others."
            )
        learns = learning_mask(new, self.frozen)
        return jax.tree.map(lambda a, b, is_new: b if is_new else a, old, new, learns)

    def finish(self, name: str, mean: Any, variance: Any) -> float:
        """Return the value of a metric from its mean over the examples."""
        return float(mean)


def _as_terms(given: Any) -> Terms:
    """Return what an objective gave as `Terms`, or say that it is neither."""
    terms = given if isinstance(given, Terms) else Terms(given)
    if not isinstance(terms.loss, (jax.Array, np.ndarray, float, int)):
        raise InputError(
            f"An objective must return the loss of every example, an array (batch,), "
            f"or fathom.Terms(loss, metrics, state). Got {type(terms.loss).__name__}."
        )
    taken = RESERVED & terms.metrics.keys()
    if taken:
        raise InputError(
            f"An objective's metric cannot be called '{min(taken)}': the history has "
            f"another number of this name."
        )
    return terms._replace(loss=jnp.asarray(terms.loss))
