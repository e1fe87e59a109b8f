"""Sparse matrices: rows that are mostly zeros, such as the counts of words in texts.

A network works on dense float32 rows. Standardizing moves every zero away from 0, so
nothing of the sparseness is left after it: training rows become dense all at once, up
to a limit; rows to be answered become dense block by block, without one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse

from fathom.errors import InputError

# Bytes that rows may take as a dense array. Training holds about five of them.
LIMIT = 2**30
# Sparse rows answered at once: a multiple of the blocks that networks answer.
ROWS = 4096


def dense(X: Any) -> Any:
    """Return a sparse matrix or array as a dense one, float32; others as they are.

    Raises:
        InputError: If it would take more than 1 GiB.

    Example:
        >>> from scipy.sparse import csr_array
        >>> dense(csr_array([[0, 2], [0, 0]])).tolist()
        [[0.0, 2.0], [0.0, 0.0]]
    """
    if not issparse(X):
        return X
    n_bytes = X.shape[0] * X.shape[1] * np.dtype(np.float32).itemsize
    if n_bytes > LIMIT:
        shape = " x ".join(f"{n:,}" for n in X.shape)
        raise InputError(
            f"X is a sparse matrix of {shape}. As the dense array that a network needs "
            f"it would take {n_bytes / 2**30:.1f} GiB, and the limit is "
            f"{LIMIT / 2**30:g}. Keep fewer columns, as TruncatedSVD and "
            f"TfidfVectorizer(max_features=...) do, or learn from parts of the rows "
            f"with partial_fit."
        )
    return X.astype(np.float32).toarray()


def pieces(X: Any) -> list[Any]:
    """Return sparse rows in pieces that fit as dense ones; others as one piece."""
    if not issparse(X) or X.shape[0] <= ROWS:
        return [X]
    rows = X.tocsr()
    return [rows[begin : begin + ROWS] for begin in range(0, X.shape[0], ROWS)]
