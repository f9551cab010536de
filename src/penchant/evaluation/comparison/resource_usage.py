"""Wall time and memory of a block of code."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Self

_INTERVAL_SECONDS = 0.01
_STATM = Path("/proc/self/statm")


class ResourceUsage:
    """A context manager that measures the code inside it.

    seconds: wall time. megabytes: the largest growth of this process's resident memory, sampled a hundred times a
    second; NaN on systems without /proc.
    """

    def __init__(self) -> None:
        self.seconds = self.megabytes = float("nan")
        self._over = threading.Event()
        self._peak = 0.0

    def __enter__(self) -> Self:
        self._before = self._peak = resident_megabytes()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._started
        self._over.set()
        self._sampler.join()
        self.megabytes = max(self._peak, resident_megabytes()) - self._before

    def _sample(self) -> None:
        while not self._over.wait(_INTERVAL_SECONDS):
            self._peak = max(self._peak, resident_megabytes())


def resident_megabytes() -> float:
    """The resident memory of this process; NaN on systems without /proc."""
    if not _STATM.exists():
        return float("nan")
    pages = int(_STATM.read_text().split(maxsplit=2)[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
