"""Spark's own messages become errors with a cause and a remedy."""

from __future__ import annotations

import pytest

from penchant.foundations.errors import DataError, EngineError

pytest.importorskip("py4j")

MESSAGES = {
    "org.apache.spark.SparkException: Job aborted: ... java.lang.OutOfMemoryError: Java heap space": (
        EngineError, "ran out of memory.*Raise spark.executor.memory",
    ),
    "ExecutorLostFailure (executor 0 exited caused by one of the running tasks) Reason: Command exited with code 137": (
        EngineError, "ran out of memory",
    ),
    "ExecutorLostFailure (executor 1 exited caused by ...) Reason: Remote RPC client disassociated": (
        EngineError, "lost its worker machines",
    ),
    "Job aborted: Total size of serialized results of 9 tasks (1.1 GiB) is bigger than spark.driver.maxResultSize 1g": (
        EngineError, "may not send as much to the driver.*Raise spark.driver.maxResultSize",
    ),
    "[PATH_NOT_FOUND] Path does not exist: file:/nowhere/r.csv. SQLSTATE: 42K03": (DataError, "^/nowhere/r.csv: "),
    "PythonException:\\n penchant.foundations.errors.DataError: a score is not a number. Let the model answer": (
        DataError, "a score is not a number",
    ),
    "something else\nwith more lines": (EngineError, r"Spark failed: something else \[P160\]$"),
}  # fmt: skip


@pytest.mark.java
@pytest.mark.parametrize("text", MESSAGES)
def test_failures_are_explained(text: str) -> None:
    from penchant.engines.spark.failures import explanation

    kind, message = MESSAGES[text]
    with pytest.raises(kind, match=message):
        raise explanation(text, "spark.executor.memory=1g")
