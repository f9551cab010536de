"""How many threads to use, and keeping BLAS to its share of them."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any


def available_threads() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def overloaded() -> bool:
    """Whether other work keeps the cores so busy that a thread which has to wait for another waits for a time slice."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > 2 * available_threads()


def limit_blas(threads: int = 1) -> AbstractContextManager[Any]:
    """Inside this context NumPy's and SciPy's BLAS use `threads` threads.

    Our kernels already occupy the cores; a BLAS that starts as many threads again makes both crawl.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(limits=threads, user_api="blas")
    return limits
