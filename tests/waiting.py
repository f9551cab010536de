"""Waiting for what another thread or process does; no test measures time."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 300.0
"""Seconds after which something will not happen any more. A busy machine needs a small part of them."""


def until(true: Callable[[], object], message: Callable[[], str] = lambda: "it did not happen in time") -> None:
    """Wait for a condition. message: what to say where it does not come true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, message()
        time.sleep(0.02)
