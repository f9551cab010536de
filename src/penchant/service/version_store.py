"""Where a model's versions are on disk, and which of them is to be served.

MODEL/            the base, as `penchant train` saved it
MODEL.versions/   0001/ 0002/ ...         one folder for each retraining
                  0001.comparison.json    how it was measured against the version served before it
                  .claimed-0001           the name is taken
                  .going-live             locked while a training has its version served
                  current                 the name of the version to serve; no file means the base
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from penchant.foundations.durable_files import locked
from penchant.foundations.errors import CallerError
from penchant.recommending.saving import RECOMMENDER

BASE = "base"
_NAME = re.compile("[0-9]{1,9}")
_CLAIM = ".claimed-"


class VersionStore:
    """The versions of the model saved in `folder`."""

    def __init__(self, folder: str | Path) -> None:
        self.base = Path(folder)
        self.versions = self.base.with_name(self.base.name + ".versions")

    @property
    def _pointer(self) -> Path:
        return self.versions / "current"

    def current(self) -> str:
        """The name of the version to serve."""
        try:
            return self._pointer.read_text().strip() or BASE
        except FileNotFoundError:
            return BASE

    def folder(self, name: str) -> Path:
        """Where the named version is saved. Raises CallerError for a text that is no version's name."""
        if name == BASE:
            return self.base
        if not _NAME.fullmatch(name):
            raise CallerError(f"{name[:50]!r} is not the name of a version", where=str(self._pointer))
        return self.versions / name

    def comparison(self, name: str) -> Path:
        """Where the comparison of the named version with the one served before it is kept."""
        return self.versions / f"{name}.comparison.json"

    def names(self) -> list[str]:
        """Every version that was saved, oldest first."""
        return [BASE, *(name for name in self._numbered() if (self.versions / name / RECOMMENDER).is_file())]

    def _numbered(self) -> list[str]:
        found = self.versions.iterdir() if self.versions.exists() else ()
        return sorted((path.name for path in found if path.is_dir() and _NAME.fullmatch(path.name)), key=int)

    def begun(self) -> list[tuple[str, float]]:
        """Names that were taken and have no version, newest first, and when, in seconds since 1970: a training that
        goes on, or that was killed."""
        taken = {path.name.removeprefix(_CLAIM): path for path in self.versions.glob(f"{_CLAIM}[0-9]*")}
        last = max(map(int, self._numbered()), default=0)
        missing = [name for name in taken if name not in self._numbered() and int(name) > last]
        return [(name, taken[name].stat().st_mtime) for name in sorted(missing, key=int, reverse=True)]

    def claim(self) -> str:
        """A name that sorts behind every other and that no other process gets, also when it asks at the same time."""
        self.versions.mkdir(exist_ok=True, parents=True)
        claimed = [int(path.name.removeprefix(_CLAIM)) for path in self.versions.glob(f"{_CLAIM}[0-9]*")]
        number = max([0, *claimed, *map(int, self._numbered())])
        while True:
            number += 1
            try:
                (self.versions / f"{_CLAIM}{number:04d}").open("x").close()
            except FileExistsError:
                continue
            return f"{number:04d}"

    @contextmanager
    def claimed(self) -> Iterator[str]:
        """A claimed name, which is given back if the block fails."""
        name = self.claim()
        try:
            yield name
        except BaseException:
            (self.versions / f"{_CLAIM}{name}").unlink(missing_ok=True)
            raise

    @contextmanager
    def going_live(self, name: str) -> Iterator[bool]:
        """Whether a training may have this version served: not where one that was claimed later is live already.

        Other trainings wait until the block ends, so that the answer stays right.
        """
        self.versions.mkdir(exist_ok=True, parents=True)
        with locked(self.versions / ".going-live"):
            live = self.current()
            yield not (_NAME.fullmatch(live) and int(live) > int(name))

    def switch(self, name: str) -> None:
        """Have the named version served from now on; servers that watch the folder follow by themselves."""
        self.check_exists(name)
        self.versions.mkdir(exist_ok=True)
        beside = self._pointer.with_name(f".current.{uuid.uuid4().hex[:8]}")
        with beside.open("w") as file:
            file.write(name + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._pointer)

    def check_exists(self, name: str) -> None:
        """Raises CallerError where there is no version of that name."""
        if name not in self.names():
            raise CallerError(
                f"there is no version {name!r}",
                where=str(self.versions),
                remedy=f"There are: {', '.join(self.names())}",
            )

    def before(self, name: str) -> str:
        """The version before the named one. Raises CallerError when it is the oldest."""
        if name == BASE:
            known = ", ".join(self.names())
            raise CallerError(
                "the oldest version is being served already", where=str(self.base),
                remedy=f"Name the version to serve, with --to or in the request. There are: {known}",
            )  # fmt: skip
        return [one for one in self.names() if one == BASE or int(one) < int(name)][-1]

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest `keep` versions, never the base or the one being served; their names."""
        serving = self.current()
        old = [name for name in self.names()[1:][:-keep] if name != serving]
        for name in old:
            shutil.rmtree(self.folder(name))
            self.comparison(name).unlink(missing_ok=True)
        return old
