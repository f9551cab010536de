"""Several processes that serve one port: started, watched, started again when one dies, stopped together."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from penchant.foundations.errors import CallerError, PenchantError

_log = logging.getLogger("penchant.service")
_PAUSE = 1.0
"""Seconds before a worker that died is started again, so that one that cannot live does not take a core."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) if hasattr(signal, "SIGHUP") else ()

_MISTAKE = 2
"""The exit code of a worker whose settings cannot be; the others have the same."""


class Workers:
    """Processes that do the same work until they are stopped.

    work: serves until SIGTERM. Its argument is whether this worker says when it answers; one of them does. Processes
    are forked while this one has no thread, and each opens its own database and model.
    """

    def __init__(self, count: int, work: Callable[[bool], None]) -> None:
        if not hasattr(os, "fork"):
            raise CallerError("this system cannot share a port among processes", where="workers", remedy="Use 1")
        self._count, self._work = count, work
        self._alive: set[int] = set()
        self._stopping = False

    def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises SystemExit where a worker cannot even start, which has said why."""
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, lambda *_: self._send(signal.SIGHUP))
        for number in range(self._count):
            self._start(says=number == 0)
        mistaken = False
        while self._alive:
            pid, status = os.wait()
            self._alive.discard(pid)
            code = os.waitstatus_to_exitcode(status)
            if code == _MISTAKE:
                mistaken = True
                self._stop()
            elif not self._stopping:
                _log.error("worker %d ended with %d; another one is started", pid, code)
                time.sleep(_PAUSE)
                self._start(says=False)
        if mistaken:
            raise SystemExit(_MISTAKE)

    def _start(self, *, says: bool) -> None:
        if self._stopping:
            return
        # Signals wait here. Else one could miss a worker that is not in the list yet, or reach a worker that still has
        # the handlers of this process.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if not pid:
            self._be_worker(says)
        self._alive.add(pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _be_worker(self, says: bool) -> NoReturn:
        code = 1
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_DFL)  # until it serves it has nothing to finish
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        try:
            self._work(says)
            code = 0
        except PenchantError as mistake:
            print(f"penchant: {mistake}", file=sys.stderr, flush=True)  # noqa: T201 - what the command would say
            code = _MISTAKE
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _stop(self) -> None:
        self._stopping = True
        self._send(signal.SIGTERM)

    def _send(self, what: signal.Signals) -> None:
        for pid in list(self._alive):
            with suppress(ProcessLookupError):
                os.kill(pid, what)
