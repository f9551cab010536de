"""Tables without ratings on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from penchant.cli.main import build
from penchant.foundations.errors import DataError


@pytest.fixture
def bought(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    items = np.minimum(rng.exponential(8, 1500).astype(int), 29)
    rows = [f"c{user},p{item},{1 + user % 3},9" for user, item in zip(rng.integers(0, 60, 1500), items, strict=True)]
    path = tmp_path / "bought.csv"
    path.write_text("customer,product,pieces,price\n" + "\n".join(rows) + "\n")
    return path


def penchant(*words: object) -> dict:
    done = CliRunner().invoke(build(), [str(word) for word in (*words, "--json")], catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


@pytest.mark.parametrize("how", [["--choices"], ["--weight-column", "pieces"]])
def test_purchases_are_trained_on_recommended_from_and_evaluated(bought: Path, tmp_path: Path, how: list[str]) -> None:
    folder = tmp_path / "model"
    assert penchant("train", bought, *how, "--out", folder, "--hold-out", 0.2)["model"] == "ease"
    assert len(penchant("recommend", folder, "--user", "c1", "-n", 3)["items"]) == 3
    report = penchant("evaluate", folder, bought, *how)
    assert list(report["metrics"]) == ["ease", "popular"]
    assert report["protocol"]["relevant"] == "all"


def test_a_table_that_could_be_either_is_refused_with_both_ways_out(bought: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"--rating-column NAME, or pass --choices.*'pieces', 'price'"):
        penchant("train", bought, "--out", tmp_path / "model")
