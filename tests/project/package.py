"""The package's source as the tests of its structure read it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "penchant"


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name; a package is the module that its `__init__` is."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Which modules each one imports: at its head, in its functions, and for type checkers.

    `from a import b` means the module a.b where there is one, else a. That a package's `__init__` runs before its
    modules do is not counted.
    """
    return {
        name: {one for node in ast.walk(tree) for one in _named(node, trees) if one in trees and one != name}
        for name, tree in trees.items()
    }


def _named(node: ast.AST, trees: dict[str, ast.Module]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute here"
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (one if one in trees else str(node.module) for one in inner)


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The groups of modules that reach each other."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names = list(graph)
    number = {name: n for n, name in enumerate(names)}
    edges = np.array([(number[a], number[b]) for a in names for b in graph[a]]).reshape(-1, 2).T
    links = coo_array((np.ones(edges.shape[1]), tuple(edges)), shape=(len(names), len(names)))
    groups: dict[int, set[str]] = defaultdict(set)
    for name, group in zip(names, connected_components(links, directed=True, connection="strong")[1], strict=True):
        groups[group].add(name)
    return [group for group in groups.values() if len(group) > 1]


def classes(tree: ast.Module) -> list[str]:
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


def type_tests(tree: ast.Module, names: set[str]) -> list[int]:
    """The lines of `isinstance` calls that ask for one of the named classes."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"
        for asked in ast.walk(node.args[1])
        if (asked.id if isinstance(asked, ast.Name) else asked.attr if isinstance(asked, ast.Attribute) else "")
        in names
    ]
