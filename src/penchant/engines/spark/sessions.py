"""Spark sessions: the caller's if there is one, else a new one that is stopped after use."""

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
_TIMEOUT = 5.0
"""Seconds to wait for a master to accept a connection."""

_DEFAULTS = {
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR",
    "spark.driver.maxResultSize": "0",
}  # fmt: skip
"""Quiet, and without a limit on what is collected: a model is, with its users' histories."""

_shipped: set[str] = set()


@contextmanager
def spark_session(
    master: str | None = None, config: Mapping[str, str] | None = None, given: SparkSession | None = None
) -> Iterator[SparkSession]:
    """A session whose workers have this package's code.

    given: the session to use. Without it, the session that already runs in this process is used, else a new one on
    `master` with the Spark properties `config`, which is stopped afterwards. Raises EngineError for a master that does
    not answer, and CallerError for a master other than the running session's.
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


def is_local(master: str) -> bool:
    """Whether master and workers share this machine's disk and loopback network."""
    return master.startswith("local") or all(host in LOOPBACK for host, _ in _addresses(master))


def located(session: SparkSession, path: str | Path) -> str:
    """A path in the form that Spark's processes need.

    pathlib turns the two slashes of a URL into one; they are restored: s3a:/bucket becomes s3a://bucket. A relative
    path is made absolute, because the JVM has another working directory; on a remote cluster it is left as it is.
    """
    text = str(path)
    if re.match(r"[a-z][a-z0-9+.-]+:/", text):
        return text if text.startswith("file:") else re.sub(r":/(?=[^/])", "://", text, count=1)
    return str(Path(path).absolute()) if is_local(session.sparkContext.master) else text


@contextmanager
def checkpoints(session: SparkSession, work: str | None) -> Iterator[bool]:
    """Set a checkpoint folder inside the context, and yield whether there is one.

    work: a folder that the driver and all workers can read and write, such as one on HDFS. Without it, the session's
    own folder is used if it is set, else a temporary one if everything runs on this machine, else none.
    """
    context = session.sparkContext
    if work is None and context.getCheckpointDir() is not None:
        yield True
        return
    if work is None and not is_local(context.master):
        yield False
        return
    folder = work or tempfile.mkdtemp(prefix="penchant-checkpoints-")
    context.setCheckpointDir(folder)
    try:
        yield True
    finally:
        if work is None:
            shutil.rmtree(folder, ignore_errors=True)
            context._jsc.sc().setCheckpointDir(None)  # a caller's session must not write into a deleted folder


def _started(master: str, config: dict[str, str]) -> SparkSession:
    _check_reachable(master)
    if is_local(master):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        config = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"} | config
    builder = SparkSession.builder.master(master).appName("penchant")
    for name, value in (_DEFAULTS | config).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _check_same_master(running: SparkSession, master: str | None) -> None:
    found = running.sparkContext.master
    if master is not None and master != found:
        raise CallerError(
            f"a Spark session on {found} runs in this process already",
            where=f"master {master}",
            remedy="Leave out the master to use it, or stop it first",
        )


def _check_reachable(master: str) -> None:
    """Raise EngineError unless a standalone master accepts a connection; Spark would try for minutes first."""
    refused = []
    for host, port in _addresses(master):
        try:
            socket.create_connection((host, port), timeout=_TIMEOUT).close()
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
    addresses = [address.rpartition(":") for address in master.removeprefix("spark://").split(",")]
    if not all(port.isdecimal() for _, _, port in addresses):
        raise CallerError("a Spark master is written spark://host:port", where=f"master {master}")
    return [(host.strip("[]"), int(port)) for host, _, port in addresses]


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
