"""Settings from flags, the environment and a file; several processes on one port."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from penchant.cli.main import build
from penchant.client import Client
from penchant.foundations.errors import SettingsError
from penchant.service import running as service_running
from penchant.service.settings import ServiceSettings
from service.made_service import UNLIMITED, key_for, running
from waiting import until


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings that the command starts a server with."""
    held: dict[str, Any] = {}
    monkeypatch.setattr(service_running, "serve", lambda folder, settings, **_: held.update(settings=settings))
    return held


def serve(*words: str, file: Path | None = None, **variables: str) -> Any:
    given = variables | ({} if file is None else {"PENCHANT_SETTINGS": str(file)})
    return CliRunner().invoke(build(), ["serve", "films", *words], env=given)


def test_flags_go_before_the_environment_and_that_before_the_file(started: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "penchant.toml"
    file.write_text('port = 1\nmax_n = 7\naccess_log = true\nallowed_hosts = ["a", "b"]\nthreads = 3')
    serve("--port", "3", file=file, PENCHANT_PORT="2", PENCHANT_MAX_N="8", PENCHANT_EVENT_KINDS="view=0.1 buy=1")
    found: ServiceSettings = started["settings"]
    assert (found.port, found.max_n, found.threads, found.access_log) == (3, 8, 3, True)
    assert found.allowed_hosts == ("a", "b")
    assert found.event_weights == {"view": 0.1, "buy": 1.0}
    serve("--no-access-log", "--allowed-hosts", "c", file=file)
    assert (started["settings"].access_log, started["settings"].allowed_hosts) == (False, ("c",))
    serve()
    assert started["settings"] == ServiceSettings()


@pytest.mark.parametrize(
    ("text", "said"), [("prot = 1", "'port'"), ('port = "x"', "int"), ("port = ", "read"), ("port = -1", "below 0")]
)
def test_a_file_that_is_wrong_is_refused_by_its_name(
    started: dict[str, Any], tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "penchant.toml"
    file.write_text(text)
    failed = serve(file=file).exception
    assert isinstance(failed, SettingsError)
    assert str(file) in str(failed)
    assert said in str(failed)
    assert started == {}


@pytest.mark.parametrize("path", ["films", "/films/", "/", "//x", "/a b"])
def test_a_root_path_is_a_path(path: str) -> None:
    with pytest.raises(SettingsError, match="Write it like"):
        ServiceSettings(root_path=path)


@pytest.mark.slow
def test_several_workers_serve_one_port_and_one_that_dies_is_started_again(model_folder: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'ratings.db'}"
    key = key_for(model_folder, database)["Authorization"].removeprefix("Bearer ")
    with running(model_folder, tmp_path / "log", database=database, workers=2, **UNLIMITED) as server:
        with Client(server.address, key, tries=20) as client:
            client.rate("ann", "5", 4.0)
            workers = children(server.process.pid)
            assert len(workers) == 2
            if sys.platform == "linux":  # the arrays are in the file, once for all workers
                assert all("parameters.safetensors" in Path(f"/proc/{one}/maps").read_text() for one in workers)
            os.kill(workers[0], signal.SIGKILL)
            assert client.list_ratings("ann")["total"] == 1  # the other one answers
        until(lambda: len(set(children(server.process.pid)) - {workers[0]}) >= 2)
    assert server.process.returncode == 0


@pytest.mark.slow
def test_workers_that_cannot_start_say_so_once_and_end(model_folder: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="can be reached from other machines"),
        running(
            model_folder, tmp_path / "log", database=f"sqlite:///{tmp_path / 'r.db'}", workers=2, host="0.0.0.0"
        ),  # fmt: skip
    ):
        pass


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
