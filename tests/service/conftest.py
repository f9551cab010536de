from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.made_service import Made, made_model, made_service


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    with made_service(tmp_path / "model") as service:
        yield service


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model that nobody changes."""
    return made_model().save(tmp_path_factory.mktemp("shared") / "model")
