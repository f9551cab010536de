"""The guard-page allocator (guarded.c): compiling it, and putting it under every thread of a process."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SOURCE = Path(__file__).with_name("guarded.c")
MODES = ("after", "before")


def compiled(folder: Path) -> Path:
    """The extension module in `folder`; skips the test by name where there is no compiler or Python's headers lack."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    python = Path(sysconfig.get_paths()["include"])
    if compiler is None or sys.platform == "win32" or not (python / "Python.h").exists():
        missing = "the guard-page allocator needs a C compiler, POSIX and Python's headers"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    module = folder / "guarded.so"
    headers = [f"-I{python}", f"-I{np.get_include()}"]
    command = [compiler, "-O2", "-Wall", "-Werror", "-shared", "-fPIC", *headers, str(SOURCE), "-o", str(module)]
    if sys.platform == "darwin":
        command += ["-undefined", "dynamic_lookup"]
    subprocess.run(command, check=True)
    return module


def install(mode: str) -> Any:
    """Guard every array made from now on, in this thread and in those that start later; the extension module.

    The folder of the compiled module must be on sys.path. NumPy keeps its handler in a context variable, and a new
    thread starts with an empty context, so each thread installs it for itself.
    """
    import guarded  # type: ignore[import-not-found]

    plain = threading.Thread.run

    def run(thread: threading.Thread) -> None:
        guarded.install(mode)
        plain(thread)

    threading.Thread.run = run  # type: ignore[method-assign]
    guarded.install(mode)
    return guarded


def run_guarded(module: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments in a process of its own, where a crash prints a traceback and ends only it.

    NumPy's memory is guarded once the program calls `install`. Other memory (numba's own arrays, torch) cannot be;
    glibc fills it with 0xFE, which is −1.7e38 as a float.
    """
    root = Path(__file__).parents[2]
    folders = [str(module.parent), str(root / "src"), str(root / "tests"), str(Path(__file__).parent)]
    set_here = {"PYTHONPATH": os.pathsep.join(folders), "PYTHONFAULTHANDLER": "1", "MALLOC_PERTURB_": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"} | set_here
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800)
