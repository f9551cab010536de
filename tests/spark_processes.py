"""Spark for tests: whether it can run here, and a standalone cluster of processes on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from waiting import until

MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"


def need_spark() -> None:
    """Without Java or pyspark the test is skipped by name, or fails where CI=true."""
    missing = []
    if shutil.which("java") is None:
        missing.append("Java (Debian: default-jre-headless)")
    if find_spec("pyspark") is None:
        missing.append("pyspark (the extra `spark`)")
    if missing:
        reason = f"not installed: {', '.join(missing)}"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)


class SharedSession:
    """One session on this machine for all tests of a process. Who needs another master ends it; the next starts one."""

    def __init__(self, checkpoints: Path) -> None:
        self.checkpoints, self._held = checkpoints, ExitStack()
        self._session: Any = None

    def get(self) -> Any:
        if self._session is None:
            need_spark()
            from penchant.engines import spark

            config = {"spark.driver.memory": "1g"}
            self._session = self._held.enter_context(spark.spark_session("local[2]", config))
            self._session.sparkContext.setCheckpointDir(str(self.checkpoints))
        return self._session

    def end(self) -> None:
        self._held.close()
        self._session = None


class Cluster:
    """A master and two workers, each a process of its own with its pid in a file; stopped by these pids alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.page = free_port(), free_port()
        self.started: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return f"spark://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._run("master", MASTER, "--host", "127.0.0.1", "--port", self.port, "--webui-port", self.page)
        self._await(lambda state: "workers" in state)
        for name in ("worker1", "worker2"):
            self._run(
                name, WORKER, "--host", "127.0.0.1", "--cores", 1, "--memory", "700m", "--webui-port", free_port(),
                "--work-dir", self.folder / name, self.url,
            )  # fmt: skip
        self._await(lambda state: self.alive(state) == 2)

    def _run(self, name: str, main: str, *words: object) -> None:
        import pyspark

        home = Path(pyspark.__file__).parent
        environment = os.environ | {
            "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m",
            "PYSPARK_PYTHON": sys.executable,
        }  # fmt: skip
        with (self.folder / f"{name}.log").open("wb") as log:
            started = subprocess.Popen(
                [str(home / "bin" / "spark-class"), main, *map(str, words)], env=environment, stdout=log, stderr=log
            )
        self.started[started.pid] = started
        self.pid_file(name).write_text(str(started.pid))

    def pid_file(self, name: str) -> Path:
        return self.folder / f"{name}.pid"

    def state(self) -> dict:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.page}/json/", timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return {}

    @staticmethod
    def alive(state: dict) -> int:
        return sum(worker["state"] == "ALIVE" for worker in state.get("workers", ()))

    def _await(self, ready: Callable[[dict], object]) -> None:
        until(lambda: ready(self.state()), lambda: f"the cluster did not come up: {self.logs()}")

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-500:] for path in sorted(self.folder.glob("*.log")))

    def kill(self, name: str) -> None:
        """End a process at once, with the processes it started: a machine that lost its power."""
        pid = int(self.pid_file(name).read_text())
        for one in [pid, *children_of(pid)]:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        self.started.pop(pid).wait()
        self.pid_file(name).unlink()

    def stop(self) -> None:
        for name in ("worker1", "worker2", "master"):
            if self.pid_file(name).exists():
                self.kill(name)


def children_of(pid: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has ended meanwhile
    found: list[int] = []
    ahead = [pid]
    while ahead:
        one = ahead.pop()
        mine = [child for child, parent in parents.items() if parent == one]
        found += mine
        ahead += mine
    return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A running cluster, always stopped afterwards."""
    one = Cluster(folder)
    try:
        one.start()
        yield one
    finally:
        one.stop()
