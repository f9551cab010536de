"""The real browser and the real database server, started for a test and stopped by what started them."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from waiting import PATIENCE

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def missing(what: str) -> NoReturn:
    """Skip with a reason on a developer's machine; fail if CI=true, because everything must be tested there."""
    pytest.fail(what) if os.environ.get("CI") == "true" else pytest.skip(what)


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless Chromium with a profile of its own."""
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium is not installed (Debian: chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Cluster:
    """A throwaway PostgreSQL on the loopback address; trust authentication is for such a one only."""

    folder: Path
    programs: Path
    port: int
    user: str | None

    @property
    def url(self) -> str:
        return f"postgresql://penchant@127.0.0.1:{self.port}/penchant"

    def run(self, program: str, *words: str) -> None:
        command = [str(self.programs / program), *words]
        if self.user is not None:
            as_them = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"]
            command = [*as_them, "env", f"HOME={self.folder}", *command]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=PATIENCE)

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder}"
        log = str(self.folder / "log")
        self.run(
            "pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", f"{PATIENCE:.0f}", "-l", log, "-o", options, "start"
        )

    def stop(self, how: str = "fast") -> None:
        """how: "fast" as an operator does it; "immediate" as a crash does it."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", f"{PATIENCE:.0f}", "-m", how, "stop")

    def empty(self) -> None:
        """Drop every table."""
        again = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        self.run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "penchant", "-qc", again, "penchant")


@contextmanager
def postgresql() -> Iterator[Cluster]:
    """A cluster in a folder of its own, run by an unprivileged user, on a free port."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        missing("PostgreSQL is not installed (Debian: postgresql)")
    root = os.geteuid() == 0  # PostgreSQL refuses to be run by root
    with tempfile.TemporaryDirectory(prefix="penchant-pg-") as name:
        cluster = Cluster(Path(name), found[-1].parent, free_port(), "postgres" if root else None)
        if root:
            account = pwd.getpwnam("postgres")
            os.chown(name, account.pw_uid, account.pw_gid)
        flags = ["-U", "penchant", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        cluster.run("initdb", "-D", f"{name}/data", *flags)
        cluster.start()
        try:
            cluster.run("createdb", "-h", "127.0.0.1", "-p", str(cluster.port), "-U", "penchant", "penchant")
            yield cluster
        finally:
            if (cluster.folder / "data" / "postmaster.pid").exists():
                cluster.stop("immediate")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
