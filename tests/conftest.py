"""What every test runs under."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import kernel_locks
from spark_processes import SharedSession
from trained_once import TrainedOnce, trained_once

os.environ.setdefault("SPARK_CONF_DIR", str(Path(__file__).parent / "spark"))
os.environ.setdefault("PENCHANT_PRIORITY", "normal")  # a retraining in this process must not slow down later tests
kernel_locks.install()


@pytest.fixture(scope="session", name="trained_once")
def _trained_once(tmp_path_factory: pytest.TempPathFactory) -> TrainedOnce:
    """A context whose models the tests of the session share, in all its processes."""
    mine = tmp_path_factory.getbasetemp()
    folder = (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "trained"
    folder.mkdir(exist_ok=True)
    return partial(trained_once, folder)


@pytest.fixture(scope="session")
def shared_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedSession]:
    shared = SharedSession(tmp_path_factory.mktemp("checkpoints"))
    yield shared
    shared.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with Java first: they then fall to one of two processes, and one virtual machine is started, not two."""
    items.sort(key=lambda item: item.get_closest_marker("java") is None)
