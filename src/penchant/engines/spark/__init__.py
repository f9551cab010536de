"""Ratings past one machine: the same words on Apache Spark. Needs the extra `spark` and Java.

Nothing of Spark is imported before one of these names is used, and what is missing is said in words then.
"""

from __future__ import annotations

import importlib
from typing import Any

from penchant.engines.spark.requirements import check_requirements

_WHERE = {"evaluate": "spark_metrics", "recommend_all": "bulk_lists", "spark_session": "sessions", "train": "training"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    check_requirements()
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
