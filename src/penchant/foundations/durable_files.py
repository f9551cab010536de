"""Files that are on disk, whole, before anything depends on them; and a file that one process at a time holds."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def sync(path: Path) -> None:
    """Have the system put a file, or the entries of a folder, on disk before this returns.

    Windows cannot open a folder; there, a file system keeps the order of renames itself.
    """
    if path.is_dir():
        if os.name == "posix":
            _flush(os.open(path, os.O_RDONLY))
    else:
        with path.open("r+b") as file:
            os.fsync(file.fileno())


def _flush(handle: int) -> None:
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace_text(path: Path, text: str) -> None:
    """Write a file in UTF-8 in place of the one that is there; a reader finds the old text or the new one, whole."""
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.writing")
    try:
        fresh.write_text(text, encoding="utf-8")
        sync(fresh)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file, made where there is none, until the block ends; others wait, in this process too.

    The system lets go of it when a process ends, however that happens. Where a file system has no locks, none waits.
    """
    with path.open("a+b") as file:
        with suppress(OSError):
            _hold(file)
        yield


def _hold(file: BinaryIO) -> None:
    if sys.platform == "win32":
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
