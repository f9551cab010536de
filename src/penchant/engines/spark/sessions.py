"""A Spark session: the caller's where there is one, else our own, stopped when the work is done."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pyspark.sql import SparkSession

import penchant
from penchant.foundations.errors import CallerError, EngineError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PATIENCE = 5.0
"""Seconds to wait for a master to accept a connection."""

_QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
_shipped: set[str] = set()


@contextmanager
def spark_session(
    master: str | None = None, config: Mapping[str, str] | None = None, given: SparkSession | None = None
) -> Iterator[SparkSession]:
    """A session, with this package's code on its workers.

    given: use this one. Without it, the session that runs in this process already, else a new one on `master` with
    the Spark properties `config`, which is stopped afterwards. Raises EngineError for a master that does not answer
    and CallerError for one that differs from a running session's.
    """
    running = given or SparkSession.getActiveSession()
    if running is not None:
        _check_same_master(running, master)
        _ship_code(running)
        yield running
        return
    started = _started(master or "local[*]", dict(config or {}))
    try:
        _ship_code(started)
        yield started
    finally:
        started.stop()


def is_near(master: str) -> bool:
    """Whether master and workers share this machine's disk and loopback network."""
    return master.startswith("local") or all(host in LOOPBACK for host, _ in _addresses(master))


def located(session: SparkSession, path: str | Path) -> str:
    """A path as Spark's processes shall take it.

    A URL whose two slashes pathlib made one is repaired: s3a:/bucket is s3a://bucket. A relative path starts where
    this process is now, which the JVM would not know; on a distant cluster it is left to the cluster's own files.
    """
    text = str(path)
    if re.match(r"[a-z][a-z0-9+.-]+:/", text):
        return text if text.startswith("file:") else re.sub(r":/(?=[^/])", "://", text, count=1)
    return str(Path(path).absolute()) if is_near(session.sparkContext.master) else text


@contextmanager
def checkpoints(session: SparkSession, work: str | None) -> Iterator[bool]:
    """A folder for checkpoints while inside, and whether there is one.

    work: a folder that driver and workers all see, such as one on HDFS. Without it, a session's own folder is used if
    set, else a temporary one where all run on this machine; elsewhere there are no checkpoints.
    """
    context = session.sparkContext
    if work is None and context.getCheckpointDir() is not None:
        yield True
        return
    if work is None and not is_near(context.master):
        yield False
        return
    folder = work or tempfile.mkdtemp(prefix="penchant-checkpoints-")
    context.setCheckpointDir(folder)
    try:
        yield True
    finally:
        if work is None:
            shutil.rmtree(folder, ignore_errors=True)
            context._jsc.sc().setCheckpointDir(None)  # a caller's session shall not write into a folder that is gone


def _started(master: str, config: dict[str, str]) -> SparkSession:
    _check_reachable(master)
    if is_near(master):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        config = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"} | config
    builder = SparkSession.builder.master(master).appName("penchant")
    for name, value in (_QUIET | config).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _check_same_master(running: SparkSession, master: str | None) -> None:
    found = running.sparkContext.master
    if master is not None and master != found:
        raise CallerError(
            f"a Spark session on {found} runs in this process already",
            where=f"master {master}",
            remedy="Leave the master out to use it, or stop it first",
        )


def _check_reachable(master: str) -> None:
    """A standalone master must accept a connection; Spark itself would try for minutes and then speak of null."""
    refused = []
    for host, port in _addresses(master):
        try:
            socket.create_connection((host, port), timeout=_PATIENCE).close()
            return
        except OSError as error:
            refused.append(f"{host}:{port} ({error.strerror or error})")
    if refused:
        raise EngineError(
            f"the Spark master does not answer at {', '.join(refused)}",
            where=f"master {master}",
            remedy="Check the address and that the master runs, or use local[*] for this machine alone",
        )


def _addresses(master: str) -> list[tuple[str, int]]:
    """Hosts and ports of spark://host:port,host:port; none for other kinds of master."""
    if not master.startswith("spark://"):
        return []
    places = [place.rpartition(":") for place in master.removeprefix("spark://").split(",")]
    if not all(port.isdecimal() for _, _, port in places):
        raise CallerError("a Spark master is written spark://host:port", where=f"master {master}")
    return [(host.strip("[]"), int(port)) for host, _, port in places]


def _ship_code(session: SparkSession) -> None:
    """Send this package's source to the workers, which then need only NumPy and pyarrow of their own."""
    context = session.sparkContext
    if context.applicationId in _shipped:
        return
    root = Path(penchant.__file__).parent
    archive = Path(tempfile.mkdtemp(prefix="penchant-code-")) / "penchant-code.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(root.rglob("*.py")):
            file.write(path, Path("penchant", path.relative_to(root)))
    context.addPyFile(str(archive))
    _shipped.add(context.applicationId)
