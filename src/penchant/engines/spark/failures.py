"""Spark's error messages turned into Penchant's errors with a cause and a remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from penchant.foundations.errors import DataError, EngineError, PenchantError

_MEMORY = r"OutOfMemoryError|Java heap space|GC overhead limit|exit(?:ed with)? (?:code|status):? ?(?:52|137)"
_LOST = r"ExecutorLostFailure|Lost executor|Master removed our application|All masters are unresponsive"


@contextmanager
def explained(session: SparkSession) -> Iterator[None]:
    """Turn Spark errors raised inside the context into EngineError or DataError; PenchantError passes through."""
    try:
        yield
    except PenchantError:
        raise
    except (PySparkException, Py4JError) as error:
        raise explanation(str(error), _memory_of(session)) from error


def explanation(text: str, memory: str) -> PenchantError:
    """The error for a Spark message. memory: the memory settings of the session, as text."""
    if re.search(_MEMORY, text):
        return EngineError(
            "a Spark process ran out of memory", where=memory,
            remedy="Raise spark.executor.memory (on local[*] spark.driver.memory), or raise the number of blocks",
        )  # fmt: skip
    if own := re.search(r"penchant\.foundations\.errors\.\w+: (.+)", text):
        return DataError(own.group(1))
    if missing := re.search(r"Path does not exist: (\S+?)\.(?:\s|$)", text):
        return DataError("there is no such file", where=missing.group(1).removeprefix("file:"))
    if "spark.driver.maxResultSize" in text:
        return EngineError(
            "Spark may not send as much to the driver", where=memory,
            remedy="Raise spark.driver.maxResultSize, and spark.driver.memory with it; 0 is no limit",
        )  # fmt: skip
    if re.search(_LOST, text):
        return EngineError(
            "Spark lost its worker machines", where=memory,
            remedy="Read the workers' logs; raising spark.executor.memory usually helps",
        )  # fmt: skip
    return EngineError(f"Spark failed: {_first_line(text)}")


def _memory_of(session: SparkSession) -> str:
    config = session.sparkContext.getConf()
    names = ("spark.executor.memory", "spark.driver.memory")
    return ", ".join(f"{name}={config.get(name, 'not set, so 1g')}" for name in names)


def _first_line(text: str) -> str:
    """The root cause if the message names one, else its first line."""
    causes: list[str] = re.findall(r"^(?:Caused by: |.*?Exception: )(.+)$", text, re.MULTILINE)
    lines = [*causes[-1:], *text.strip().splitlines(), "no reason given"]
    return lines[0][:300]
