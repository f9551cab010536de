"""`penchant train --engine spark`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import penchant as pt
from made_ratings import low_rank
from penchant.cli.main import build
from penchant.foundations.errors import EngineError, SettingsError
from spark_processes import free_port, need_spark

pytestmark = [pytest.mark.java, pytest.mark.slow]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    need_spark()
    path = tmp_path_factory.mktemp("table") / "ratings.csv"
    low_rank(users=40, items=30, n=500).to_frame().rename({"user": "who", "item": "what"}).write_csv(path)
    yield path


def run(*words: Any) -> Any:
    return CliRunner().invoke(build(), [str(word) for word in words])


def test_a_model_trained_on_spark_recommends_without_it(table: Path, tmp_path: Path) -> None:
    engine = ["--engine", "spark", "--master", "local[1]", "--conf", "spark.sql.shuffle.partitions=1"]
    settings = ["--model", "als", "--factors", 2, "--epochs", 2, "--blocks", 1, "--bias-rounds", 1]
    columns = ["--user-column", "who", "--item-column", "what"]
    done = run("train", table, *columns, *engine, *settings, "--out", tmp_path / "m", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert (facts["model"], facts["ratings"], facts["users"], facts["items"]) == ("als", 500, 40, 30)
    assert len(pt.load(tmp_path / "m").recommend(100, 3)) == 3


def test_mistakes_are_caller_errors(table: Path, tmp_path: Path) -> None:
    spark = ["train", table, "--engine", "spark", "--out", tmp_path / "m"]
    assert isinstance(run(*spark, "--model", "bayes").exception, SettingsError)
    assert isinstance(run(*spark, "--model", "als", "--thin", 3).exception, SettingsError)
    assert isinstance(run(*spark, "--model", "als", "--conf", "no-value").exception, SettingsError)
    silent = f"spark://127.0.0.1:{free_port()}"
    assert isinstance(run(*spark, "--model", "als", "--master", silent).exception, EngineError)
    assert not (tmp_path / "m").exists()
