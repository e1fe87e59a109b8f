"""What happens to the rows of a group: how many are selected, found, falsely selected.

For a class c that people want or fear to be given:

    selection rate        P(answer = c)                demographic parity
    true positive rate    P(answer = c | truth = c)    equal opportunity
    false positive rate   P(answer = c | truth != c)   with the former: equalized odds

Source: Hardt, Price and Srebro 2016, "Equality of Opportunity in Supervised Learning".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fathom.errors import InputError, did_you_mean
from fathom.intervals import Estimate, share


def rates(
    known: np.ndarray, chosen: np.ndarray, classes: Sequence[Any], favorable: Any = None
) -> dict[str, Estimate]:
    """Return the rates of one class, or of each where there are more than two.

    Args:
        known: (rows,) class numbers, the truth.
        chosen: (rows,) class numbers, the model's answers.
        classes: The labels.
        favorable: The label the rates are about; None takes the second of two classes,
            and each of more.

    Returns:
        By name, such as "selection rate of yes"; a rate among no rows is left out.

    Example:
        >>> known, chosen = np.array([0, 1, 1, 1]), np.array([0, 1, 1, 0])
        >>> {n: r.n for n, r in rates(known, chosen, ("no", "yes")).items()}
        {'selection rate of yes': 4, 'true positive rate of yes': 3,
         'false positive rate of yes': 1}
    """
    found = {}
    for code in favored(classes, favorable):
        selected, truly = chosen == code, known == code
        of = f"of {classes[code]}"
        found[f"selection rate {of}"] = share(selected)
        if truly.any():
            found[f"true positive rate {of}"] = share(selected[truly])
        if not truly.all():
            found[f"false positive rate {of}"] = share(selected[~truly])
    return found


def favored(classes: Sequence[Any], favorable: Any = None) -> list[int]:
    """Return the numbers of the classes that rates are about.

    Raises:
        InputError: If there is no such label.
    """
    if favorable is None:
        return [1] if len(classes) == 2 else list(range(len(classes)))
    texts = [str(label) for label in classes]
    if str(favorable) not in texts:
        raise InputError(
            f"There is no class {favorable!r}.{did_you_mean(favorable, texts)} The "
            f"classes are: {', '.join(texts)}."
        )
    return [texts.index(str(favorable))]
