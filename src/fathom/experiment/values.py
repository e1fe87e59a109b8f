"""What a file or a flag says of a setting -> the value that an experiment takes.

Numbers may be written as text, because YAML reads `1e-3` as text; 0 or "none" stands
for none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fathom.data.images import parse_image
from fathom.errors import InputError
from fathom.models.mlp import parse_hidden
from fathom.privacy.setting import DifferentialPrivacy

# Settings for which 0 and "none" mean: without.
_OPTIONAL = ("validation", "test", "early_stopping", "gradient_clip",
             "weight_average", "mix_up", "calibration")  # fmt: skip
_AUTOMATIC = ("epochs", "early_stopping", "weight_decay")
_WHOLE = ("epochs", "batch_size", "early_stopping", "seed", "accumulate", "members")
_NUMBERS = (*_OPTIONAL, *_WHOLE, "dropout", "learning_rate", "weight_decay")


def from_plain(name: str, value: Any) -> Any:
    """Return the value of a setting as `ExperimentSettings` takes it.

    Args:
        name: Of the setting.
        value: As a file or a flag has it.

    Raises:
        InputError: If it is text that cannot be read as what the setting is.

    Example:
        >>> from_plain("batch_size", "1e3"), from_plain("image", "28x28")
        (1000, (28, 28, 1))
    """
    if name == "hidden" and (value is None or isinstance(value, str)):
        return parse_hidden(value or "none")
    if name == "hidden" and isinstance(value, int):
        return (value,)
    if name == "kinds":
        return _kinds(value)
    if name == "privacy":
        return DifferentialPrivacy.from_plain(value)
    if name == "image" and isinstance(value, str):
        return None if value.strip().lower() == "none" else parse_image(value)
    if isinstance(value, list):
        return tuple(value)
    if name in _NUMBERS:
        value = _number(name, value)
    if name in _OPTIONAL and not isinstance(value, bool) and value == 0:
        return None
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if name in _WHOLE and is_whole else value


def _number(name: str, value: Any) -> Any:
    """Return text as the number it is, and anything else as it came."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if name in _OPTIONAL and text == "none":
        return None
    if name in _AUTOMATIC and text == "auto":
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    zero = ", 0 or more" if name == "weight_decay" else ""
    raise InputError(f"The setting '{name}' must be a number{zero}. Got {value!r}.")


def _kinds(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(
            f"The setting 'kinds' must name columns and their kinds, such as "
            f"{{zip: category}}. Got {value!r} instead."
        )
    return {str(column): str(kind) for column, kind in value.items()}
