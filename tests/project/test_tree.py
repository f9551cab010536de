"""The tree keeps its promises: layers, budgets, one loop, no pickle, a quick import."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "penchant"
FROM_SOURCE = os.environ | {"PYTHONPATH": str(ROOT / "src")}
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 300, 40


def functions(path: Path) -> list[tuple[str, int]]:
    """Every function with its body's lines, docstring not counted."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            found.append((node.name, body[-1].end_lineno - body[0].lineno + 1 if body else 0))
    return found


def test_imports_point_back_towards_the_data() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, env=FROM_SOURCE)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_files_and_functions_fit_their_budget(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE
    too_long = {name: lines for name, lines in functions(path) if lines > LONGEST_FUNCTION}
    assert not too_long


def test_rooms_are_named_for_what_is_in_them() -> None:
    vague = {"utils", "helpers", "common", "base", "core", "misc"}
    assert not [p for p in SOURCE.rglob("*") if p.stem in vague]


def test_there_is_one_gradient_loop() -> None:
    loops = [str(p.relative_to(SOURCE)) for p in FILES if re.search(r"\.backward\(", p.read_text())]
    assert len(loops) == 1, loops


def test_numba_lives_in_one_folder() -> None:
    users = [p for p in FILES if re.search(r"^\s*(from|import) numba", p.read_text(), re.M)]
    assert all((SOURCE / "training" / "kernels") in p.parents for p in users)


def test_nothing_is_pickled() -> None:
    assert not [p for p in FILES if re.search(r"\b(pickle|joblib)\b|torch\.load\(|allow_pickle=True", p.read_text())
                and "No pickle" not in p.read_text()]  # fmt: skip


def test_docstrings_do_not_repeat_values() -> None:
    """A default is stated once, in the code; a docstring that repeats it will lie one day."""
    saying = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                text = ast.get_docstring(node) or ""
                if re.search(r"\b[Dd]efaults? (to|is|:)|\(default", text):
                    saying.append(f"{path.relative_to(SOURCE)}: {getattr(node, 'name', 'module')}")
    assert not saying


def test_global_random_state_is_left_alone() -> None:
    pattern = re.compile(r"np\.random\.seed\(|torch\.manual_seed\(|random\.seed\(")
    assert not [p for p in FILES if pattern.search(p.read_text())]


def test_import_is_light() -> None:
    """The heavy libraries are imported when they are first used, so `import penchant` waits for none of them."""
    heavy = "{'numpy', 'torch', 'numba', 'polars', 'scipy', 'pandas'}"
    code = f"import sys, penchant; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=FROM_SOURCE)
    assert done.stdout.strip() == "[]"


def test_public_names_are_exactly_those_promised() -> None:
    import penchant

    assert sorted(penchant.__all__) == sorted(penchant._WHERE)
    for name in penchant.__all__:
        assert getattr(penchant, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        _ = penchant.missing
