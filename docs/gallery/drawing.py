"""Saving the gallery's pictures, so that the same figures give the same file."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

FOLDER = Path(__file__).parent / "images"
COLOURS = ("#3949ab", "#ef6c00", "#2e7d32", "#8e24aa")
mpl.rcParams.update({
    "figure.figsize": (8, 4.5), "figure.dpi": 100, "svg.hashsalt": "penchant", "svg.fonttype": "none",
    "axes.spines.top": False, "axes.spines.right": False, "axes.prop_cycle": mpl.cycler(color=COLOURS),
    "font.family": "sans-serif", "font.size": 10, "axes.titlelocation": "left",
})  # fmt: skip


def axes(title: str, *, x: str = "", y: str = "") -> Any:
    """The axes of a new figure."""
    drawn = plt.figure(layout="constrained").subplots()
    drawn.set(title=title, xlabel=x, ylabel=y)
    return drawn


def save(script: str) -> Path:
    """Write the figure to images/<name of the script>.svg, with the fingerprint of the script."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{Path(script).stem}.svg"
    plt.savefig(path, metadata={"Date": None, "Identifier": fingerprint(Path(script))})
    plt.close("all")
    return path


def fingerprint(script: Path) -> str:
    """A hash of the script's code and of this file's; a picture with another one has to be drawn again.

    Docstrings, comments and blank lines do not count.
    """
    code = [_code(path.read_text(encoding="utf-8")) for path in (script, Path(__file__))]
    return f"sha256:{hashlib.sha256(chr(0).join(code).encode()).hexdigest()[:16]}"


def _code(text: str) -> str:
    without = re.sub(r'^ *""".*?"""', "", text, flags=re.S | re.M)
    lines = [line.partition("  # ")[0].rstrip() for line in without.splitlines()]
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))
