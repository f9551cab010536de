"""Several processes for one port: who gets which connection, and what ends them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")

STOPPED_WHILE_FORKING = """
import os, signal, socket, time
from penchant.service.workers import Workers

fork = os.fork

def slow_fork():
    pid = fork()
    if pid:
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        time.sleep(0.2)
    return pid

os.fork = slow_fork
Workers(2, socket.create_server(("127.0.0.1", 0)), lambda channel, says: time.sleep(60)).run()
"""

SAYS_ITS_NUMBER = """
import os, select, socket
from penchant.service.workers import Workers

def work(channel, says):
    channel.answers()
    while True:
        select.select([channel.fileno()], [], [])
        try:
            connection = channel.connection()
        except EOFError:
            return
        if connection is not None:
            connection.sendall(str(os.getpid()).encode())
            connection.close()

listening = socket.socket()
listening.bind(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
Workers(2, listening, work).run()
"""


@contextmanager
def two_workers() -> Iterator[tuple[subprocess.Popen[str], Callable[[], int]]]:
    """A process with two workers, and a function that connects and gives the number of the worker that answered."""
    process = subprocess.Popen([sys.executable, "-c", SAYS_ITS_NUMBER], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline())

    def asked() -> int:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            return int(connection.recv(20) or 0)

    try:
        wait_until(lambda: _connects(asked))
        wait_until(lambda: len({asked(), asked()}) == 2)
        yield process, asked
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _connects(asked: Callable[[], int]) -> bool:
    try:
        return asked() > 0
    except OSError:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 40
    while not holds():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_signal_while_a_worker_is_made_ends_it_too() -> None:
    subprocess.run([sys.executable, "-c", STOPPED_WHILE_FORKING], check=True, timeout=50)


def test_connections_are_dealt_out_in_turn() -> None:
    with two_workers() as (_, asked):
        assert set(Counter(asked() for _ in range(20)).values()) == {10}


def test_a_dead_worker_gets_no_connections_and_is_replaced() -> None:
    with two_workers() as (_, asked):
        dead, other = asked(), asked()
        os.kill(dead, signal.SIGKILL)
        wait_until(lambda: not _lives(dead))
        assert dead not in {asked() for _ in range(4)}
        wait_until(lambda: asked() not in (other, dead))


@pytest.mark.skipif(sys.platform != "linux", reason="it looks at /proc")
def test_workers_end_when_the_process_that_accepts_is_killed() -> None:
    with two_workers() as (process, asked):
        both = {asked(), asked()}
        process.kill()
        process.wait()
        wait_until(lambda: not any(map(_lives, both)))
