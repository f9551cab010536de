"""The pictures of the lesson's pages are those that the script draws from today's code."""

import json
import re

import numpy as np
import pytest

import lesson_pictures as script
from pages import ROOT

PAGES = sorted((ROOT / "docs" / "guide" / "lesson").glob("[0-9]*.md"))
TRAINED = {"bias", "cycles", "density", "factors", "map", "training"}
"""Pictures whose numbers come from training on the lesson's table."""


@pytest.fixture(scope="module")
def kept():
    return json.loads(script.NUMBERS.read_text(encoding="utf-8"))


def test_every_picture_was_drawn_from_its_numbers_by_the_present_code(kept):
    assert set(kept) == set(script.PICTURES) == {path.stem for path in script.IMAGES.glob("*.svg")}
    for name, numbers in kept.items():
        drawn = (script.IMAGES / f"{name}.svg").read_text(encoding="utf-8")
        assert script.digest(name, numbers) in drawn, f"run: python scripts/lesson_pictures.py {name}"


def test_every_picture_is_shown_and_every_new_page_has_one():
    shown = {page.stem: re.findall(r"!\[[^\]]+\]\(images/([a-z]+)\.svg\)", page.read_text()) for page in PAGES}
    assert {name for names in shown.values() for name in names} == set(script.PICTURES)
    without = {page for page, names in shown.items() if not names}
    assert without == {"10-to-a-served-model", "17-from-fastai-to-penchant"}  # a screenshot, and tables of names


def check(kept, name):
    fresh, stored = script.rounded(script.PICTURES[name][0]()), kept[name]
    assert fresh.keys() == stored.keys()
    for key, values in fresh.items():
        if key == "titles":
            assert len(set(values) & set(stored[key])) >= 0.8 * len(values)
        else:
            close(values, stored[key], f"{name}.{key}: run python scripts/lesson_pictures.py {name}")


def close(fresh, stored, message):
    if isinstance(fresh, dict):
        assert fresh.keys() == stored.keys()
        for key in fresh:
            close(fresh[key], stored[key], message)
    else:
        one, other = (np.array(values, dtype=np.float64) for values in (fresh, stored))
        spread = np.nanmax(np.abs(one)) or 1.0
        np.testing.assert_allclose(one, other, atol=0.02 * spread, err_msg=message)


@pytest.mark.parametrize(
    "name", ["crosstab", "lookup", "broadcasting", "descent", "derivatives", "initial", "network", "optimisers"]
)
def test_computed_numbers_are_current(kept, name):
    check(kept, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*sorted(TRAINED), "solver", "cells", "decay"])
def test_trained_numbers_are_current(kept, name, trained_once):
    with trained_once():
        check(kept, name)
