"""`penchant train --engine spark`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import penchant as pt
from command_line import penchant
from made_ratings import low_rank
from spark_processes import SharedSession, free_port, need_spark

pytestmark = [pytest.mark.java, pytest.mark.slow]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, shared_spark: SharedSession) -> Path:
    need_spark()
    shared_spark.end()
    path = tmp_path_factory.mktemp("table") / "ratings.csv"
    low_rank(users=40, items=30, n=500).to_frame().rename({"user": "who", "item": "what"}).write_csv(path)
    return path


def test_a_model_trained_on_spark_recommends_without_it(table: Path, tmp_path: Path) -> None:
    engine = ["--engine", "spark", "--master", "local[1]", "--conf", "spark.sql.shuffle.partitions=1"]
    settings = ["--model", "als", "--factors", 2, "--epochs", 2, "--blocks", 1, "--bias-rounds", 1]
    columns = ["--user-column", "who", "--item-column", "what"]
    done = penchant("train", table, *columns, *engine, *settings, "--out", tmp_path / "m", "--json")
    facts = json.loads(done.stdout)
    assert (facts["model"], facts["ratings"], facts["users"], facts["items"]) == ("als", 500, 40, 30)
    assert len(pt.load(tmp_path / "m").recommend(100, 3)) == 3


def test_without_a_model_both_parts_are_trained_and_the_ranker_is_shown(table: Path, tmp_path: Path) -> None:
    engine = ["--engine", "spark", "--master", "local[1]", "--conf", "spark.sql.shuffle.partitions=1", "--blocks", 1]
    done = penchant("train", table, "--user-column", "who", "--item-column", "what", *engine, "--out", tmp_path / "m")
    assert "Trained als and ease on 500 ratings" in done.stdout
    assert "Choice model: ease: ease takes up to 0.00 GB on the driver for 30 items" in done.stdout
    assert "The ranker was fitted on 75 random rows" in done.stdout and "Weights of the combined order" in done.stdout
    assert str(pt.load(tmp_path / "m")) == "<Recommender rating als, choice ease: 40 users, 30 items>"


def test_mistakes_are_caller_errors(table: Path, tmp_path: Path) -> None:
    spark = ["train", table, "--engine", "spark", "--out", tmp_path / "m"]
    silent = f"spark://127.0.0.1:{free_port()}"
    for model, *words in (
        ["bayes"], ["als", "--thin", 3], ["als", "--conf", "no-value"], ["als", "--master", silent],
    ):  # fmt: skip
        assert penchant(*spark, "--model", model, *words, code=2).stderr.startswith("penchant: ")
    assert not (tmp_path / "m").exists()
