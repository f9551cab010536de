"""Modules of `benchmarks` for tests. The folder is not on the path of pytest: its names are those of folders here."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from pages import ROOT


def benchmark(name: str) -> ModuleType:
    """benchmarks/<name>.py, which may import its neighbours."""
    folder = str(ROOT / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(folder)
