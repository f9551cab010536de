"""Kernels are compiled by one process of several: in a fresh clone the others wait, and read what it wrote."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from numba.core.caching import NullCache
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import Dispatcher

_compile = Dispatcher.compile
_held: set[str] = set()


def install() -> None:
    """Have this process take a kernel's lock while it compiles the kernel or reads it from the cache."""
    if sys.platform != "win32":
        Dispatcher.compile = _compile_alone


def _compile_alone(kernel: Any, signature: Any) -> Any:
    """Kernels that others call are compiled inside, so that processes take locks in the order of the calls. A thread
    has numba's own lock first, so that no other thread of the process waits for a kernel's."""
    import fcntl

    place = f"{os.getuid()} {kernel.py_func.__code__.co_filename} {kernel.py_func.__qualname__}"
    name = hashlib.sha256(place.encode()).hexdigest()[:16]
    with global_compiler_lock:
        if name in _held or isinstance(kernel._cache, NullCache):
            return _compile(kernel, signature)
        with (Path(tempfile.gettempdir()) / f"penchant-kernel-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _held.add(name)
            try:
                return _compile(kernel, signature)
            finally:
                _held.discard(name)
