"""The one door for optional packages."""

from __future__ import annotations

import importlib
from types import ModuleType

from penchant.foundations.errors import MissingExtraError


def require(module: str, *, extra: str) -> ModuleType:
    """The module, or a MissingExtraError that says which extra brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise MissingExtraError(
            f"this needs the package {module.split('.', maxsplit=1)[0]!r}, which is not installed",
            remedy=f"Install it with: pip install 'penchant[{extra}]'",
        ) from missing
