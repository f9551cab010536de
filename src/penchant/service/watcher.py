"""The threads that look for new model versions, added items and changed keys; none of them ever ends by an error."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from penchant.foundations.errors import PenchantError
from penchant.service.readiness import DATABASE, Readiness
from penchant.service.storage.database import StorageUnavailableError

_log = logging.getLogger("penchant.service")


@dataclass(frozen=True)
class Duty:
    """Something to look at again and again. look: does it. look_now: does it when an operator asks, if otherwise.

    uses_database: whether its success shows that the database answers.
    """

    name: str
    look: Callable[[], None]
    look_now: Callable[[], None] | None = None
    uses_database: bool = False


class Watcher:
    """One thread for each duty, so that none waits for another: a large model loads while keys are followed.

    worked_at: when each duty last did its work, in seconds since 1970, by name.
    """

    def __init__(self, duties: Sequence[Duty], readiness: Readiness, seconds: float) -> None:
        self._readiness, self._seconds = readiness, seconds
        self.names = [duty.name for duty in duties]
        self.worked_at: dict[str, float] = {}
        self._stopped = threading.Event()
        self._wakes = {duty.name: threading.Event() for duty in duties}
        self._threads = [
            threading.Thread(target=self._run, args=(duty,), name=f"penchant-{duty.name}", daemon=True)
            for duty in duties
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def look_now(self) -> None:
        """Do not wait for the next turn; safe to call from a signal handler."""
        for wake in self._wakes.values():
            wake.set()

    def stop(self) -> None:
        self._stopped.set()
        self.look_now()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=10)

    def _run(self, duty: Duty) -> None:
        wake = self._wakes[duty.name]
        while not self._stopped.is_set():
            asked = wake.wait(self._seconds)
            wake.clear()
            if self._stopped.is_set():
                return
            self._once(duty, duty.look_now if asked and duty.look_now else duty.look)

    def _once(self, duty: Duty, look: Callable[[], None]) -> None:
        """Look once; any failure at all is logged and reported, and the thread goes on."""
        try:
            look()
        except BaseException as failed:
            name = DATABASE if isinstance(failed, StorageUnavailableError) else duty.name
            problem = f"{type(failed).__name__}: {failed}"[:300]
            if self._readiness.problems.get(name) != problem:  # a lasting problem is one entry in the log
                known = isinstance(failed, PenchantError | OSError)
                _log.error("could not look for %s: %s", duty.name, failed, exc_info=None if known else failed)
            self._readiness.failed(name, problem)
        else:
            self._readiness.works(duty.name)
            self.worked_at[duty.name] = time.time()
            if duty.uses_database:
                self._readiness.works(DATABASE)
