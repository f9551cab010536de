from __future__ import annotations

from pathlib import Path

import pytest

from memory.guarding import compiled


@pytest.fixture(scope="session")
def guarded_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guard-page allocator, compiled for this session."""
    return compiled(tmp_path_factory.mktemp("guarded"))
