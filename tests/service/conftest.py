from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.made_service import Value, made_model, made_service
from service.programs import Cluster, postgresql


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Value]:
    with made_service(tmp_path / "model") as service:
        yield service


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model that no test changes."""
    return made_model().save(tmp_path_factory.mktemp("shared") / "model")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL for this session's tests; whoever stops it starts it again."""
    with postgresql() as started:
        yield started


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ratings.db'}"
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        cluster.empty()
        yield cluster.url
