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

from fathom.network import Network
from fathom.training.objective import Batch, Measured, Sums, require_one_each, weighted
from fathom.variables import split_state


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
        terms = given if isinstance(given, Terms) else Terms(jnp.asarray(given))
        require_one_each(terms.loss, batch)
        sums = {name: weighted(value, batch) for name, value in terms.metrics.items()}
        state = split_state(variables)[1] if terms.state is None else dict(terms.state)
        return Measured(
            Sums(batch.weight.sum(), weighted(terms.loss, batch), sums), state
        )

    def finish(self, name: str, mean: Any, variance: Any) -> float:
        """Return the value of a metric from its mean over the examples."""
        return float(mean)
