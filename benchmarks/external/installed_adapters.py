"""Which of the libraries are at hand here."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from types import ModuleType


def adapters(libraries: Iterable[str]) -> list[ModuleType]:
    """The adapter of each library that is installed; of the others a line says that they are left out."""
    found = []
    for name in libraries:
        try:
            importlib.import_module(name)
        except ImportError:
            sys.stderr.write(f"{name} is not installed and is left out; see benchmarks/external/README.md\n")
            continue
        found.append(importlib.import_module(f"peers.{name}_peer"))
    return found
