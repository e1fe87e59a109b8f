"""`fathom.Autoencoder`: few numbers that say what is in many, as a transformer.

Source: Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural
Networks", Science 313 (2006).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from fathom.errors import InputError
from fathom.estimators.callbacks import with_callbacks
from fathom.estimators.given import Given
from fathom.estimators.reconstruction import Reconstruction
from fathom.estimators.saving import Saved
from fathom.estimators.sparse import pieces
from fathom.network import Network


class Autoencoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, Saved, Reconstruction
):
    """A network that squeezes rows through few units and restores them.

    With `hidden_units=()` it finds the plane of a principal component analysis; hidden
    layers let the plane bend. Training is random: components have no order and no fixed
    sign.

    Args:
        n_components: Units of the layer `code`; None takes half as many as inputs.
        hidden_units: Units of the layers before `code`; those after it mirror them.
        network: A `fathom.Network` with a layer named "code", in place of those.

    The other settings are those of `fathom.Classifier`.

    Example:
        >>> import fathom as fm
        >>> import numpy as np
        >>> X = np.outer(np.arange(10.0), [1.0, 2.0, -1.0])
        >>> line = fm.Autoencoder(1, (), learning_rate=0.05, random_state=0).fit(X)
        >>> line.transform(X).shape
        (10, 1)
        >>> bool(abs(line.inverse_transform(line.transform(X)) - X).max() < 0.5)
        True
    """

    @with_callbacks
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Autoencoder:
        """Learn to restore rows.

        Args:
            X: (rows, columns) numbers, or a pandas or Polars table.
            y: Not used.
            sample_weight: (rows,) weights of at least 0.

        Raises:
            ValueError: If a setting or the data cannot be used.
        """
        first = not (self.warm_start and hasattr(self, "network_"))
        return self._learn(Given(X, None, sample_weight), first)

    def transform(self, X: Any) -> np.ndarray:
        """Return the code of every row, (rows, n_components)."""
        check_is_fitted(self, "network_")
        encoder = self._parts[0]
        codes = [self._run(encoder, self._coded(part)) for part in pieces(X)]
        return np.concatenate([part.reshape(len(part), -1) for part in codes])

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return the rows that codes stand for, (rows, columns), in their own units.

        Raises:
            InputError: If it was fitted on a raw table, whose text cannot be restored.
        """
        check_is_fitted(self, "network_")
        if self._is_table:
            raise InputError(
                "inverse_transform gives numbers back, and this autoencoder was fitted "
                "on a table with text or missing values. Encode the table first."
            )
        decoder = self._parts[1]
        codes = check_array(X, input_name="X")
        shape = (len(codes), *decoder.known_input_shape)
        if codes.shape[1] != int(np.prod(shape[1:])):
            raise InputError(
                f"X must hold {int(np.prod(shape[1:]))} components a row, as transform "
                f"gives them. Got {codes.shape[1]}."
            )
        return self._inputs.decode(self._run(decoder, codes.reshape(shape)))

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the mean squared error of the rows, in standardized units."""
        return -float(self.reconstruction_error(X).mean())

    @property
    def _parts(self) -> tuple[Network, Network]:
        """The network up to `code`, and the rest."""
        network = self.network_
        labels = [layer.name for layer in network.layers]
        cut = labels.index("code") + 1
        encoder = Network(network.layers[:cut], network.input_shape)
        return encoder, Network(network.layers[cut:], encoder.output_shape)

    @property
    def _n_features_out(self) -> int:
        return int(np.prod(self._parts[0].output_shape))
