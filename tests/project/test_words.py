"""No file has a retired word, class name or module name; see `retired_words.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from project.package import SOURCE, classes, modules
from project.retired_words import CLASSES, EXEMPT, KINDS, MODULES, PLACES, ROOT, hits, hits_in

LEFT: tuple[str, ...] = ()
"""Folders that still have retired words. No line is ever added."""

CLASSES_LEFT = {"Line"}
"""Retired class names that are still there. No line is ever added."""


def parts() -> list[str]:
    """Every place of the project; the folders of `src/penchant` and `tests` are places of their own."""
    inner = [path for folder in ("src/penchant", "tests") for path in sorted((ROOT / folder).iterdir())]
    texts = [path for path in inner if path.is_dir() or path.suffix in KINDS]
    return [
        *(path.relative_to(ROOT).as_posix() for path in texts if path.name != "__pycache__"),
        *(place for place in PLACES if place not in ("src", "tests")),
    ]


@pytest.mark.parametrize("place", parts())
def test_no_place_has_a_retired_word(place: str) -> None:
    found = hits_in(place)
    if place in LEFT:
        assert found, f"{place} has no retired word now: take it off LEFT"
    else:
        assert found == []


def test_no_class_or_module_has_a_retired_name() -> None:
    named = {name for tree in modules().values() for name in classes(tree)} & set(CLASSES)
    assert named == CLASSES_LEFT
    assert {path.stem for path in SOURCE.rglob("*.py")} & set(MODULES) == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We reckon so.\nAs told.", ["reckon", "told"]),
        ("for_newcomers = 1; visitorship", ["for_newcomers"]),
        ("Untold roadmaps, wishbone", []),
        ("train(sweeps=3)", ["sweeps="]),
        ("one sweep of the sampler, two sweeps", []),
        ("never\nmet, never met", ["never\nmet", "never met"]),
    ],
)
def test_words_are_found_whole(text: str, found: list[str]) -> None:
    assert [word for _, word, _ in hits(Path("src/penchant/x.py"), text)] == found


def test_a_word_is_exempt_where_it_has_its_other_meaning() -> None:
    assert hits(Path("src/penchant/service/storage/visitors.py"), "a visitor reckons") == [
        (1, "reckons", "estimate, compute")
    ]
    assert all(why for _, _, why in EXEMPT)


def test_nothing_is_misspelled() -> None:
    """As the hook of pre-commit does; words that are meant are in pyproject.toml."""
    done = subprocess.run([sys.executable, "-m", "codespell_lib"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
