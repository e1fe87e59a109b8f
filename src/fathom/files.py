"""Writing files so that nothing is ever lost or half there."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from fathom.errors import InputError


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all.

    The content goes to a temporary file in the same folder, is flushed to the disk,
    and takes the name in one step.

    Raises:
        InputError: If the folder cannot be written to.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise unwritable(path.parent, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; an ordinary file follows the user's umask.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path, content: str) -> None:
    """Write a text file (UTF-8) as a whole or not at all."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file as a whole or not at all."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.
        what: What it should be, for the message ("the settings of a run").

    Raises:
        InputError: If it is missing, not JSON, or not an object.
    """
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            f"Cannot read {path} ({what}): {error.strerror or error}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} ({what}) is damaged: {error}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} ({what}) is damaged: expected a JSON object.")
    return content


def make_folder(path: Path) -> Path:
    """Make a new or empty folder, with those above it.

    Raises:
        InputError: If it exists with something in it, or cannot be made.
    """
    try:
        if path.exists() and not path.is_dir():
            raise InputError(f"{path} is a file: name a folder that does not exist.")
        if path.is_dir() and any(path.iterdir()):
            raise InputError(
                f"The folder {path} exists and is not empty. Nothing is ever "
                f"overwritten: name another folder or remove this one."
            )
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def unwritable(path: Path, error: OSError) -> InputError:
    """Return the message for a place that cannot be written to."""
    return InputError(
        f"Cannot write to {path}: {error.strerror or error}. "
        f"Name a folder that you may write to."
    )
