"""config.yaml: the settings of a run, and where its data are from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from fathom.errors import InputError
from fathom.plain import plain

CONFIG = "config.yaml"
_HEAD = "# All settings of a run. Repeat it: fathom train --config config.yaml\n"


def read_config(path: Path) -> dict[str, Any]:
    """Return the settings in a YAML file, or in a run's folder; nothing in it is run.

    Raises:
        InputError: If it cannot be read or is not a list of settings.
    """
    file = path / CONFIG if path.is_dir() else path
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        raise InputError(
            f"Cannot read the settings in {file}: {error.strerror or error}."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"The settings in {file} are not YAML: {reason}.") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(
            f"The settings in {file} must be lines such as 'epochs: 50'. Got "
            f"{type(content).__name__}."
        )
    return {str(name): value for name, value in content.items()}


def to_yaml(content: Mapping[str, Any]) -> str:
    """Return all settings as the text of a config.yaml."""
    return _HEAD + yaml.safe_dump(
        plain(content), sort_keys=False, allow_unicode=True, default_flow_style=None
    )
