"""Training, lists and metrics on Apache Spark, for ratings that do not fit one machine.

Spark is imported when one of these names is first used; a missing requirement raises MissingExtraError then. The
extra `spark` and Java are required.
"""

from __future__ import annotations

import importlib
from typing import Any

from penchant.engines.spark.requirements import check_requirements

_WHERE = {"evaluate": "evaluation", "recommend_all": "bulk_lists", "spark_session": "sessions", "train": "training"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    check_requirements()
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
