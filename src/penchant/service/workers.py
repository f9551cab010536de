"""Several processes that serve one port: started, watched, started again when one dies, stopped together.

The first process accepts the connections and deals them out in turn. So each worker gets the same number of them, which
neither one listening socket for all workers nor one for each would give: of one, the worker that wakes first takes all
that wait; among several, Linux draws lots.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from penchant.foundations.errors import CallerError, PenchantError

_log = logging.getLogger("penchant.service")
_PAUSE = 1.0
"""Seconds before a worker that died is started again, so that one that cannot live does not take a core."""

_BACKLOG = 2048
"""Connections that may wait to be accepted."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) if hasattr(signal, "SIGHUP") else ()

_MISTAKE = 2
"""The exit code of a worker whose settings cannot be; the others have the same."""

_ANSWERS, _CONNECTION = b"a", b"c"
"""What a worker says when it can serve, and what comes with a connection for it."""


class Channel:
    """A worker's end of the line to the process that accepts connections."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end

    def fileno(self) -> int:
        return self._end.fileno()

    def answers(self) -> None:
        """Say that this worker can serve; connections come from now on."""
        self._end.send(_ANSWERS)

    def connection(self) -> socket.socket | None:
        """The next connection. None where none waits. Raises EOFError where no more can come."""
        try:
            said, given, _, _ = socket.recv_fds(self._end, len(_CONNECTION), 1)
        except BlockingIOError:
            return None
        except ConnectionError:  # it died before it had read what this worker said
            said, given = b"", []
        if not said:
            raise EOFError
        return socket.socket(fileno=given[0])

    def close(self) -> None:
        self._end.close()


@dataclass(frozen=True)
class _Worker:
    """A process, and the end of the line to it."""

    pid: int
    line: socket.socket


class Workers:
    """Processes that do the same work until they are stopped.

    listening: a bound socket. work: serves the connections of a channel until SIGTERM. Its second argument is whether
    this worker says when it answers; one of them does. Processes are forked while this one has no thread, and each
    opens its own database and model.
    """

    def __init__(self, count: int, listening: socket.socket, work: Callable[[Channel, bool], None]) -> None:
        if not hasattr(os, "fork"):
            raise CallerError("this system cannot share a port among processes", where="workers", remedy="Use 1")
        self._count, self._listening, self._work = count, listening, work
        self._alive: dict[int, _Worker] = {}
        self._answering: deque[_Worker] = deque()
        self._due: deque[float] = deque()
        self._events = selectors.DefaultSelector()
        self._stopping = self._mistaken = False

    def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises SystemExit where a worker cannot even start, which has said why."""
        woken, waker = socket.socketpair()
        with self._events, woken, waker:
            self._follow_signals(woken, waker)
            for number in range(self._count):
                self._start(says=number == 0)
            while self._alive or self._due:
                for key, _ in self._events.select(max(0.0, self._due[0] - time.monotonic()) if self._due else None):
                    key.data()
                self._bury()
                while self._due and self._due[0] <= time.monotonic():
                    self._due.popleft()
                    self._start(says=False)
            signal.set_wakeup_fd(-1)
        if self._mistaken:
            raise SystemExit(_MISTAKE)

    def _follow_signals(self, woken: socket.socket, waker: socket.socket) -> None:
        """Act on signals, each of which also wakes this process."""
        for one in (woken, waker):
            one.setblocking(False)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        self._events.register(woken, selectors.EVENT_READ, lambda: woken.recv(4096))
        for stop in (signal.SIGTERM, signal.SIGINT):
            signal.signal(stop, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, lambda *_: self._send(signal.SIGHUP))
        signal.signal(signal.SIGCHLD, lambda *_: None)

    # --- connections -------------------------------------------------------------------------------------------------

    def _hear(self, worker: _Worker) -> None:
        """The worker can serve, or it takes no more."""
        said = b""
        with suppress(ConnectionError):  # it ended, and connections for it are lost
            said = worker.line.recv(1)
        if not said:
            self._take_off(worker)
            return
        self._answering.append(worker)
        if len(self._answering) == 1 and not self._stopping:
            self._listening.setblocking(False)
            self._listening.listen(_BACKLOG)  # not before: until a worker answers, connections are refused
            self._events.register(self._listening, selectors.EVENT_READ, self._deal)

    def _deal(self) -> None:
        """Give a connection to the worker whose turn it is."""
        try:
            connection, _ = self._listening.accept()
        except OSError:
            time.sleep(0.01)  # the client went away, or the system has no file left
            return
        with connection:
            for _ in range(len(self._answering)):
                self._answering.rotate(-1)
                with suppress(OSError):  # it is dead, or has not taken the ones before: the next
                    socket.send_fds(self._answering[-1].line, [_CONNECTION], [connection.fileno()])
                    return

    def _take_off(self, worker: _Worker) -> None:
        """Give the worker no more connections. They wait where no other one answers."""
        with suppress(KeyError, ValueError):  # done before
            self._events.unregister(worker.line)
        with suppress(ValueError):
            self._answering.remove(worker)
            if not self._answering:
                self._stop_listening()
        worker.line.close()

    def _stop_listening(self) -> None:
        with suppress(KeyError, ValueError):
            self._events.unregister(self._listening)

    # --- processes ---------------------------------------------------------------------------------------------------

    def _start(self, *, says: bool) -> None:
        if self._stopping:
            return
        own, line = socket.socketpair()
        line.setblocking(False)
        # Signals wait here. Else one could miss a worker that is not in the list yet, or reach a worker that still has
        # the handlers of this process.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if not pid:
            line.close()
            self._be_worker(own, says)
        own.close()
        worker = self._alive[pid] = _Worker(pid, line)
        self._events.register(line, selectors.EVENT_READ, lambda: self._hear(worker))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _be_worker(self, own: socket.socket, says: bool) -> NoReturn:
        code = 1
        signal.set_wakeup_fd(-1)
        for one in (*_SIGNALS, signal.SIGCHLD):
            signal.signal(one, signal.SIG_DFL)  # until it serves it has nothing to finish
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        try:
            self._events.close()
            self._listening.close()
            for other in self._alive.values():
                other.line.close()
            self._work(Channel(own), says)
            code = 0
        except PenchantError as mistake:
            print(f"penchant: {mistake}", file=sys.stderr, flush=True)  # noqa: T201 - what the command would say
            code = _MISTAKE
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _bury(self) -> None:
        """Those that ended are replaced."""
        while self._alive:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._take_off(self._alive.pop(pid))
            code = os.waitstatus_to_exitcode(status)
            if code == _MISTAKE:
                self._mistaken = True
                self._stop()
            elif not self._stopping:
                _log.error("worker %d ended with %d; another one is started", pid, code)
                self._due.append(time.monotonic() + _PAUSE)

    def _stop(self) -> None:
        self._stopping = True
        self._due.clear()
        self._stop_listening()
        self._listening.close()
        self._send(signal.SIGTERM)

    def _send(self, what: signal.Signals) -> None:
        for pid in list(self._alive):
            with suppress(ProcessLookupError):
                os.kill(pid, what)
