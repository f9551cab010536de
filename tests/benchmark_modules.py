"""Modules of `benchmarks` for tests. The folder is not on the path of pytest: its names are those of folders here."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from pages import ROOT

FOLDER = ROOT / "benchmarks"


def benchmark(name: str) -> ModuleType:
    """benchmarks/<name>.py, which may import its neighbours.

    Packages of the tests that have the name of a neighbour are set aside meanwhile.
    """
    namesakes = {
        one: sys.modules.pop(one)
        for one in list(sys.modules)
        if (FOLDER / f"{one.partition('.')[0]}.py").exists() and not _from_folder(sys.modules[one])
    }
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(FOLDER))
        sys.modules.update(namesakes)


def _from_folder(module: ModuleType) -> bool:
    return str(getattr(module, "__file__", None)).startswith(str(FOLDER))
