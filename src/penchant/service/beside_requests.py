"""Loading a model in a process that answers requests meanwhile, and giving back the memory of the one before."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

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
