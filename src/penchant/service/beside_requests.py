"""Long work in a process that answers requests meanwhile, and giving back the memory of a model."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

One = TypeVar("One")

PIECE = 32
"""Rows that are read before a look at whether others wait."""

CONTENDED = 1.5
"""How many times its processor time a piece takes when others want the lock too."""

PATIENCE = 4.0
"""For how many times the piece's processor time the thread then sleeps."""

_ARENA_MAX = -8
"""The number of glibc's option for how many heaps a process may have."""


@contextmanager
def beside_requests() -> Iterator[None]:
    """A block that makes many objects which stay, such as a model, while other threads answer requests.

    The collector of cycles, which stops all threads for as long as there are objects, does not run in the block, and
    never looks at the objects that exist at its end.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
        gc.freeze()


def paced(rows: Iterable[One], *, piece: int = PIECE) -> Iterator[One]:
    """The rows, for long work in a thread: between pieces of them it sleeps for a while if other threads want to run.

    Threads share Python's lock evenly. One long request would halve the speed of all short ones.
    """
    wall, own = time.perf_counter(), time.thread_time()
    for place, row in enumerate(rows, start=1):
        yield row
        if place % piece == 0:
            worked = time.thread_time() - own
            if time.perf_counter() - wall > CONTENDED * worked:
                time.sleep(PATIENCE * worked)
            wall, own = time.perf_counter(), time.thread_time()


def few_heaps() -> None:
    """Have all threads of the process share two heaps, so that what one has freed serves the others.

    For the start of a process. It changes nothing where the system's memory is not glibc's, or MALLOC_ARENA_MAX is set.
    """
    if (set_option := _of_glibc("mallopt")) is not None and "MALLOC_ARENA_MAX" not in os.environ:
        set_option(_ARENA_MAX, 2)


def give_back() -> None:
    """Return freed memory to the system, where that is known to be glibc's."""
    if (trim := _of_glibc("malloc_trim")) is not None:
        trim(0)


def _of_glibc(name: str) -> Callable[..., Any] | None:
    if not sys.platform.startswith("linux"):
        return None
    found: Callable[..., Any] | None = getattr(ctypes.CDLL(None), name, None)
    return found
