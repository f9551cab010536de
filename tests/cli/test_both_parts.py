"""The commands on a recommender with a rating model, a choice model and a ranker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import penchant

TERMS = ("log_choice", "log_like")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a recommender with both parts, and what training it printed."""
    place = tmp_path_factory.mktemp("both")
    rows = [f"{u},{i},{1 + (u * i) % 5}" for u in range(30) for i in range(20) if (u + i) % 3]
    (place / "ratings.csv").write_text("\n".join(["user,item,rating", *rows]))
    done = penchant("train", place / "ratings.csv", "--cut", "random", "--out", place / "model", "--quiet")
    return place / "model", done.stdout


def test_train_shows_the_ranker(trained: tuple[Path, str]) -> None:
    shown = trained[1]
    for words in ("Trained bayes and ease", "Choice model: ease", "60 random rows", "NDCG@10 without", *TERMS):
        assert words in shown
    assert "without log_like" in shown
    assert "Seconds: both parts on the rows before the cut" in shown


def test_lists_are_ordered_by_the_part_that_is_named(trained: tuple[Path, str]) -> None:
    for by, words in (("choice", ["recommend", "--user", "1"]), ("rating", ["fold-in", "--rate", "3=5"])):
        answer = json.loads(penchant(words[0], trained[0], *words[1:], "--by", by, "-n", "5", "--json").stdout)
        assert answer["by"] == by
        assert all(0 < line["p_choose"] < 1 for line in answer["items"])
    assert "P(choose)" in penchant("recommend", trained[0], "--user", "1", "--by", "combined").stdout


def test_explain_splits_the_combined_score(trained: tuple[Path, str]) -> None:
    for who in (["--rate", "3=5", "--rate", "4=1"], ["--user", "unknown"]):
        found = json.loads(penchant("explain", trained[0], *who, "--item", "2", "--json").stdout)
        assert found["by"] == "combined"
        assert sum(term["weight"] * term["value"] for term in found["terms"]) == pytest.approx(found["score"])
        assert found["parts"].keys() == {"rating", "choice"}
    shown = penchant("explain", trained[0], "--user", "1", "--item", "2").stdout
    assert "the combined score" in shown
    assert "P(choose)" in shown
    assert "the score of the rating model" in penchant("explain", trained[0], "--item", "2", "--by", "rating").stdout
