"""A Spark session on this machine, and a table for it to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spark_processes import SharedSession


@pytest.fixture(scope="module")
def spark_session(shared_spark: SharedSession) -> Any:
    return shared_spark.get()


@pytest.fixture
def ratings_csv(tmp_path: Path) -> Path:
    """A file with text and whole-number ids and a pair that is rated twice."""
    path = tmp_path / "ratings.csv"
    path.write_text("userId,movieId,rating,timestamp\n30,b,4,5\n7,a,2.5,1\n30,a,1,9\n30,a,5,3\n7,c,3,2\n111,b,2,8\n")
    return path
