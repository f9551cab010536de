"""How many threads to use, and how many of them BLAS may use."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any


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
