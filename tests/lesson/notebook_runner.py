"""Runs a notebook's code cells in order, in one namespace, without Jupyter."""

from __future__ import annotations

import ast
import contextlib
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any


def code_cells(path: Path) -> list[str]:
    """The code of each cell, without lines for IPython (those that begin with %)."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    return ["".join(line for line in source if not line.startswith("%")) for source in lines]


def run_notebook(path: Path) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """The namespace after the last cell, and for each cell what it printed and the value of its last expression."""
    namespace: dict[str, Any] = {"__name__": "__notebook__"}
    return namespace, [run() for run in cells_of(path, namespace)]


def cells_of(path: Path, namespace: dict[str, Any]) -> Iterator[Callable[[], tuple[str, Any]]]:
    """For each cell a function that runs it and returns what it printed and the value of its last expression."""
    for number, source in enumerate(code_cells(path)):
        yield partial(_run_printing, source, f"{path.name}[{number}]", namespace)


def _run_printing(source: str, name: str, namespace: dict[str, Any]) -> tuple[str, Any]:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        value = _run(source, name, namespace)
    return printed.getvalue(), value


def _run(source: str, name: str, namespace: dict[str, Any]) -> Any:
    tree = ast.parse(source, name)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), name, "eval"), namespace) if last is not None else None
