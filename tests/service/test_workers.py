"""Several processes for one port: what ends them."""

import subprocess
import sys

import pytest

STOPPED_WHILE_FORKING = """
import os, signal, time
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
Workers(2, lambda says: time.sleep(60)).run()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_signal_while_a_worker_is_made_ends_it_too() -> None:
    subprocess.run([sys.executable, "-c", STOPPED_WHILE_FORKING], check=True, timeout=50)
