"""Where a model's versions stand on disk, and which of them is to be served.

MODEL/            the base, as `penchant train` saved it
MODEL.versions/   0001/ 0002/ ...   one folder for each retraining
                  current           the name of the version to serve; no file means the base
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from penchant.foundations.errors import CallerError

BASE = "base"


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
        """Where the named version is saved."""
        return self.base if name == BASE else self.versions / name

    def names(self) -> list[str]:
        """Every version there is, oldest first."""
        found = sorted(p.name for p in self.versions.glob("[0-9]*") if p.is_dir()) if self.versions.exists() else []
        return [BASE, *found]

    def fresh_name(self) -> str:
        """A name that sorts behind every other."""
        newest = self.names()[-1]
        return f"{int(newest) + 1 if newest != BASE else 1:04d}"

    def switch(self, name: str) -> None:
        """Have the named version served from now on; servers that watch the folder follow by themselves."""
        if name not in self.names():
            raise CallerError(
                f"there is no version {name!r}",
                where=str(self.versions),
                remedy=f"There are: {', '.join(self.names())}",
            )
        self.versions.mkdir(exist_ok=True)
        beside = self._pointer.with_name(f".current.{os.getpid()}")
        with beside.open("w") as file:
            file.write(name + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._pointer)

    def before(self, name: str) -> str:
        """The version before the named one. Raises CallerError when it is the oldest."""
        older = [one for one in self.names() if one == BASE or (name != BASE and one < name)]
        if name == BASE or not older:
            raise CallerError("the oldest version is being served already", where=str(self.base))
        return older[-1]

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest `keep` versions, never the base or the one being served; their names."""
        serving = self.current()
        old = [name for name in self.names()[1:][:-keep] if name != serving]
        for name in old:
            shutil.rmtree(self.folder(name))
        return old
