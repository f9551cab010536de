"""How many threads to use, how many of them BLAS may use, and giving way to other threads and processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, TypeVar

One = TypeVar("One")

PIECE = 32
"""Rows that are read before a look at whether others wait."""

CONTENDED = 1.5
"""How many times its processor time a piece takes when others want the lock too."""

PATIENCE = 4.0
"""For how many times the piece's processor time the thread then sleeps."""


def available_threads() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def overloaded() -> bool:
    """Whether other processes use the cores so much that a thread waiting for another loses whole time slices.

    Always false on systems without a load average.
    """
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > 2 * available_threads()


def limit_blas(threads: int = 1) -> AbstractContextManager[Any]:
    """A context in which the BLAS of NumPy and SciPy uses `threads` threads.

    The package's own threads already use all cores; as many BLAS threads on top would slow both down.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=threads, user_api="blas")
    return limits


def give_way() -> None:
    """Have this process run when others leave a core idle, and leave one of several cores free, for good.

    So processes beside it, such as a service, get a core as soon as they want one. `available_threads` is one fewer
    then. Only Linux can do both; other systems give the lowest priority, and Windows changes nothing.
    """
    if sys.platform == "win32":
        return
    if sys.platform != "linux":
        os.nice(19)
        return
    cores = sorted(os.sched_getaffinity(0))
    for thread in (int(one.name) for one in Path("/proc/self/task").iterdir()):  # each has a priority of its own
        with suppress(OSError):  # it has ended
            os.sched_setscheduler(thread, os.SCHED_IDLE, os.sched_param(0))
            os.sched_setaffinity(thread, cores[1:] or cores)


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
