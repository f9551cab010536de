"""Retired words stay away from the folders that are free of them; see `retired_words.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from project.package import SOURCE, classes, modules
from project.retired_words import CLASSES, EXEMPT, MODULES, ROOT, hits, hits_in

ENFORCED = (
    "src/penchant/foundations",
    "src/penchant/training/kernels",
    "tests/foundations",
    "tests/memory",
    "tests/training/kernels",
)
"""Folders and files that are free of retired words. The list only grows, until it is `PLACES`."""

CLASSES_LEFT = {"Frame", "Line", "Plan", "Question"}
MODULES_LEFT: set[str] = set()
"""Names that are still there. No line is ever added."""


@pytest.mark.parametrize("place", ENFORCED)
def test_no_retired_word_comes_back(place: str) -> None:
    assert (ROOT / place).exists()
    assert hits_in(place) == []


def test_no_retired_class_or_module_comes_back() -> None:
    named = {name for tree in modules().values() for name in classes(tree)} & set(CLASSES)
    assert named == CLASSES_LEFT
    files = {path.stem for path in SOURCE.rglob("*.py")}
    assert files & set(MODULES) == MODULES_LEFT


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


def test_a_word_with_a_second_meaning_is_free_where_that_is_meant() -> None:
    assert hits(Path("src/penchant/service/storage/visitors.py"), "a visitor reckons") == [
        (1, "reckons", "estimate, compute")
    ]
    assert all(why for _, _, why in EXEMPT)
