"""The adapters of installed libraries."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from types import ModuleType


def adapters(libraries: Iterable[str]) -> list[ModuleType]:
    """The adapter of each installed library. A line on standard error names each library that is missing."""
    found = []
    for name in libraries:
        try:
            importlib.import_module(name)
        except ImportError:
            sys.stderr.write(f"{name} is not installed and is left out; see benchmarks/external/README.md\n")
            continue
        found.append(importlib.import_module(f"external.{name}_adapter"))
    return found
