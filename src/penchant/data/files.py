"""Paths that the caller gives."""

from __future__ import annotations

import os
from pathlib import Path

from penchant.foundations.errors import DataError


def existing_file(path: str | os.PathLike[str]) -> Path:
    """The path of a file; raises DataError if it is not a path or if there is no such file."""
    if not isinstance(path, str | os.PathLike):
        raise DataError(f"{path!r} is not the path of a file", remedy="Give a text or a pathlib.Path")
    found = Path(path)
    if not found.is_file():
        raise DataError("there is no such file", where=str(path), remedy=f"Looked in {found.resolve().parent}")
    return found
