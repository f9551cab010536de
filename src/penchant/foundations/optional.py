"""Importing optional packages."""

from __future__ import annotations

import importlib
from types import ModuleType

from penchant.foundations.errors import MissingExtraError


def require(module: str, *, extra: str) -> ModuleType:
    """The module; raises MissingExtraError with the extra to install if it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise MissingExtraError(
            f"this needs the package {module.split('.', maxsplit=1)[0]!r}, which is not installed",
            remedy=f"Install it with: pip install 'penchant[{extra}]'",
        ) from missing
