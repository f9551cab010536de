"""Benchmarks are run by hand, so a name that the package or a neighbour has lost would be met by whoever runs them."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import penchant as pt
from benchmark_modules import benchmark
from made_ratings import low_rank
from pages import ROOT

PROGRAMS = sorted([*(ROOT / "benchmarks").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")])
NEIGHBOURS = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}


def imported(path: Path) -> Iterator[tuple[str, str]]:
    """The modules of the package and of the folder, with the names that a program takes from them; "" for a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            if node.module.split(".")[0] == "penchant" or node.module in NEIGHBOURS:
                yield from ((node.module, one.name) for one in node.names)
        elif isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names if one.name.split(".")[0] == "penchant")


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_name_that_a_program_imports_exists(path: Path) -> None:
    for module, name in imported(path):
        found = benchmark(module) if module in NEIGHBOURS else importlib.import_module(module)
        if name and not hasattr(found, name):
            importlib.import_module(f"{module}.{name}")  # a module, or a fault


def test_the_comparison_knows_its_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    split = pt.split.random(low_rank(), test=0.2, seed=0)
    labels = [one.label for one in benchmark("compare")._specs(False, split)]
    assert {"bayes", "als", "net", "popular"} <= set(labels)
