"""`penchant doctor`: what a report of a problem needs: versions, threads, BLAS, memory and extras."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from typing import Any

import typer

from penchant.cli.output import AsJson, show_json, show_table
from penchant.foundations.threads import available_threads
from penchant.foundations.version import __version__

NEEDED = ("numpy", "scipy", "numba", "polars", "narwhals", "safetensors", "threadpoolctl", "typer", "rich")


def doctor(as_json: AsJson = False) -> None:
    facts = {
        "penchant": __version__,
        "python": f"{platform.python_version()} ({sys.executable})",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "threads": f"{available_threads()} of {os.cpu_count()} cores",
        "memory": _memory(),
        "blas": _blas(),
    }
    packages = {name: _version(name) or "missing" for name in NEEDED}
    extras = {name: _state(needed) for name, needed in _extras().items()}
    if as_json:
        show_json({**facts, "packages": packages, "extras": extras})
        return
    show_table("This installation", ["what", "is"], list(facts.items()))
    show_table("Packages that are needed", ["package", "version"], list(packages.items()))
    show_table("Extras", ["extra", "state"], list(extras.items()))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _extras() -> dict[str, list[str]]:
    """Extra -> the packages that it needs, as the installed package declares them."""
    found: dict[str, list[str]] = {}
    try:
        needed = metadata.requires("penchant") or []
    except metadata.PackageNotFoundError:  # run from a folder of sources
        return found
    for line in needed:
        words, _, condition = line.partition(";")
        if "extra ==" in condition:
            name = "".join(letter if letter.isalnum() or letter in "-_." else " " for letter in words).split()[0]
            found.setdefault(condition.rpartition("extra ==")[2].strip(" \"')"), []).append(name)
    return found


def _state(needed: list[str]) -> str:
    missing = [name for name in needed if _version(name) is None]
    return f"missing: {', '.join(missing)}" if missing else "installed"


def _memory() -> str:
    try:
        page, pages, free = (os.sysconf(name) for name in ("SC_PAGE_SIZE", "SC_PHYS_PAGES", "SC_AVPHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{page * free / 2**30:.1f} GiB free of {page * pages / 2**30:.1f} GiB"


def _blas() -> str:
    import numpy as np  # loads its BLAS
    from threadpoolctl import threadpool_info

    pools: list[dict[str, Any]] = [one for one in threadpool_info() if one["user_api"] == "blas"]
    said = {f"{one['internal_api']} {one['version']}, {one['num_threads']} threads" for one in pools}
    return "; ".join(sorted(said)) or f"none is loaded by NumPy {np.__version__}"


def register(app: typer.Typer) -> None:
    app.command("doctor", help="Show versions, threads, BLAS, memory and extras, for a report of a problem.")(doctor)
