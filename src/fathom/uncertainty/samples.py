"""Several answers for each row: their mean, their spread, and what they disagree on.

    total entropy  H(mean_s p_s)  =  mean_s H(p_s)  +  mutual information

The first term on the right is noise that more data would not remove; the second is what
samples disagree on, and grows away from the training rows. Samples are the members of
an ensemble, or one network with dropout left on, whose passes are draws from an
approximate posterior over its weights.

Source: Gal and Ghahramani, "Dropout as a Bayesian approximation", ICML (2016);
Lakshminarayanan et al., "Simple and scalable predictive uncertainty estimation using
deep ensembles", NeurIPS (2017); Houlsby et al., "Bayesian active learning" (2011).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import numpy as np

from fathom.errors import InputError, is_whole, require
from fathom.model import PREDICTION_ROWS, Model, probabilities
from fathom.network import Network


@dataclass(frozen=True)
class Samples:
    """Answers of several networks, or of one network several times.

    Attributes:
        values: (samples, rows) or (samples, rows, targets) numbers in the target's
            unit, or (samples, rows, classes) probabilities.

    Example:
        >>> samples = Samples(np.array([[1.0, 5.0], [3.0, 5.0]]))
        >>> samples.mean.tolist(), samples.spread.round(3).tolist()
        ([2.0, 5.0], [1.414, 0.0])
    """

    values: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The mean over the samples."""
        return self.values.mean(axis=0)

    @property
    def spread(self) -> np.ndarray:
        """The standard deviation over the samples, with n - 1; 0 for one sample."""
        return self.values.std(axis=0, ddof=min(len(self.values) - 1, 1))

    @property
    def entropy(self) -> np.ndarray:
        """(rows,) entropy of the mean probabilities, in nats."""
        return _entropy(self.mean)

    @property
    def disagreement(self) -> np.ndarray:
        """(rows,) mutual information of class and sample, in nats."""
        return np.maximum(self.entropy - _entropy(self.values).mean(axis=0), 0.0)


def dropout_samples(model: Model, data: Any, n: int = 50, seed: int = 0) -> Samples:
    """Return answers with dropout on, n times.

    Whatever is random in training is random here (noise and distortions of images,
    too); BatchNorm uses its running statistics, as in prediction.

    Args:
        model: With a layer that draws random numbers.
        data: As `model.predict` takes it.
        n: How many samples.
        seed: Fixes what is dropped.

    Raises:
        InputError: If nothing in the network is random.
    """
    require(is_whole(n), "predict_samples", "n", "a whole number of at least 1", n)
    require(is_whole(seed, 0), "predict_samples", "seed", "a whole number", seed)
    if not model.network.is_random:
        raise InputError(
            "predict_samples needs a layer that drops: every sample would be the same. "
            "Train with Dropout(0.1) before the last layer, or take fm.train_ensemble."
        )
    x = model.inputs(data)
    rows = len(jax.tree.leaves(x)[0])
    if not rows:
        raise InputError("There are no rows to predict.")
    pieces = []
    for number, start in enumerate(range(0, rows, PREDICTION_ROWS)):
        size = 1 << (min(PREDICTION_ROWS, rows - start) - 1).bit_length()
        chosen = np.minimum(np.arange(start, start + size), rows - 1)  # filled up
        some = jax.tree.map(lambda array, i=chosen: array[i], x)
        keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), number), n)
        drawn = np.asarray(_sampled(model.network)(model.variables, some, keys))
        pieces.append(drawn[:, : min(PREDICTION_ROWS, rows - start)])
    return Samples(as_answers(model, np.concatenate(pieces, axis=1)))


def as_answers(model: Model, outputs: np.ndarray) -> np.ndarray:
    """Return outputs (samples, rows, ...) as probabilities, or in the target's unit."""
    if model.target is None:
        return outputs
    if model.task == "classification":
        return np.stack([probabilities(one) for one in outputs])
    flat = [one.reshape(len(one), -1) for one in outputs]
    return np.stack([model.target.decode_values(one) for one in flat])


@lru_cache(maxsize=16)
def _sampled(network: Network) -> Callable[..., Any]:
    """Return the compiled passes of a network for some keys, one after the other."""
    frozen = frozenset(str(layer.name) for layer in network.layers)

    def passes(variables: Any, x: Any, keys: Any) -> Any:
        def one(key: Any) -> Any:
            how = {"training": True, "key": key, "frozen": frozen}
            return network.forward(variables, x, **how).outputs

        return jax.lax.map(one, keys)

    return jax.jit(passes)


def _entropy(shares: np.ndarray) -> np.ndarray:
    values = np.asarray(shares, np.float64)
    return -(values * np.log(np.maximum(values, np.finfo(float).tiny))).sum(axis=-1)
