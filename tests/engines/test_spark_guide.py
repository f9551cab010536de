"""The code of the guide's page on Spark runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pages import ROOT, run

pytestmark = [pytest.mark.java, pytest.mark.slow]


def test_the_code_of_the_page_runs(spark_session: Any, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "guide" / "spark.md").read_text(encoding="utf-8")
    assert page.count("```python spark") == 4
    copy = tmp_path / "spark.md"
    copy.write_text(page.replace("```python spark", "```python"), encoding="utf-8")
    run(copy, tmp_path)
    assert list((tmp_path / "lists").glob("*.parquet"))
