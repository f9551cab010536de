"""Tables without ratings on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from command_line import penchant


@pytest.fixture
def bought(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    items = np.minimum(rng.exponential(8, 1500).astype(int), 29)
    rows = [f"c{user},p{item},{1 + user % 3},9" for user, item in zip(rng.integers(0, 60, 1500), items, strict=True)]
    path = tmp_path / "bought.csv"
    path.write_text("customer,product,pieces,price\n" + "\n".join(rows) + "\n")
    return path


def answer(*words: object) -> dict:
    return json.loads(penchant(*words, "--json").stdout)


@pytest.mark.parametrize("how", [["--choices"], ["--weight-column", "pieces"]])
def test_purchases_are_trained_on_recommended_from_and_evaluated(bought: Path, tmp_path: Path, how: list[str]) -> None:
    folder = tmp_path / "model"
    assert answer("train", bought, *how, "--out", folder, "--hold-out", 0.2)["model"] == "ease"
    assert len(answer("recommend", folder, "--user", "c1", "-n", 3)["items"]) == 3
    report = answer("evaluate", folder, bought, *how)
    assert list(report["metrics"]) == ["ease", "popular"]
    assert report["protocol"]["relevant"] == "all"


def test_a_table_that_could_be_either_is_refused_with_both_ways_out(bought: Path, tmp_path: Path) -> None:
    errors = penchant("train", bought, "--out", tmp_path / "model", code=2).stderr
    assert "--rating-column NAME, or pass --no-rating" in errors and "'pieces', 'price'" in errors


def test_a_rating_model_is_refused_for_choices(bought: Path, tmp_path: Path) -> None:
    errors = penchant("train", bought, "--no-rating", "--model", "als", "--out", tmp_path / "model", code=2).stderr
    assert "'als' learns from ratings, and the table has none. Name no model" in errors and "ease" in errors
