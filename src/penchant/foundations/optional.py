"""Importing optional packages."""

from __future__ import annotations

import importlib
from types import ModuleType

from penchant.foundations.errors import MissingExtraError


def require(module: str, *, extra: str, what: str = "this", otherwise: str = "") -> ModuleType:
    """The module; raises MissingExtraError with the extra to install if it is missing.

    what: the thing that needs it, for the message. otherwise: what the caller can do without the package.
    """
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        raise MissingExtraError(
            f"{what} needs the package {module.split('.', maxsplit=1)[0]!r}, which is not installed",
            remedy=f"Install it with: pip install 'penchant[{extra}]'" + (f". {otherwise}" if otherwise else ""),
        ) from missing
