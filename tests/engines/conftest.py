"""One Spark session for each file, for engine tests that run on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spark_processes import need_spark


@pytest.fixture(scope="module")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    need_spark()
    from penchant.engines import spark

    config = {"spark.driver.memory": "1g", "spark.sql.shuffle.partitions": "2", "spark.default.parallelism": "2"}
    with spark.spark_session("local[2]", config) as session:
        session.sparkContext.setCheckpointDir(str(tmp_path_factory.mktemp("checkpoints")))
        yield session


@pytest.fixture
def ratings_csv(tmp_path: Path) -> Path:
    """A file with text and whole-number ids and a pair that is rated twice."""
    path = tmp_path / "ratings.csv"
    path.write_text("userId,movieId,rating,timestamp\n30,b,4,5\n7,a,2.5,1\n30,a,1,9\n30,a,5,3\n7,c,3,2\n111,b,2,8\n")
    return path
