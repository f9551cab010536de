"""Loading a version, so that anything that is wrong with its folder is one kind of error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from penchant.foundations.errors import ModelFolderError
from penchant.recommending.recommender import Recommender, load
from penchant.service.version_store import VersionStore


def load_version(versions: VersionStore, name: str, *, mapped: bool = False) -> Recommender:
    """The recommender of a version. Raises CallerError for one that cannot be used. mapped: as in `load`."""
    folder = versions.folder(name)
    with refusing_damage(name):
        return load(folder, mapped=mapped)


def roll_back(versions: VersionStore, to: str | None) -> str:
    """Have an earlier version served, the one before where none is named; its name.

    Raises CallerError, and changes nothing, for a version that does not load.
    """
    name = to or versions.before(versions.current())
    versions.check_exists(name)
    load_version(versions, name)
    versions.switch(name)
    return name


@contextmanager
def refusing_damage(name: str) -> Iterator[None]:
    """Raise ModelFolderError for any failure inside; a damaged Parquet file may even panic, which is no Exception."""
    try:
        yield
    except (ModelFolderError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as broken:
        said = str(broken).strip().partition("\n")[0][:200]
        raise ModelFolderError(
            f"it cannot be used ({type(broken).__name__}: {said})", where=f"version {name}"
        ) from broken
