"""The pictures of the lesson's pages: `python scripts/lesson_pictures.py [name ...]` computes and draws them.

Each picture is two functions: one computes numbers, one draws them. The numbers are kept in `pictures.json` beside the
pictures, and each SVG names the digest of its numbers and of the code that drew it. `tests/lesson/test_pictures.py`
finds a picture that was not drawn again after either has changed, and computes the numbers again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import picture_drawings
import picture_numbers

IMAGES = Path(__file__).parents[1] / "docs" / "guide" / "lesson" / "images"
NUMBERS = IMAGES / "pictures.json"
Numbers = dict[str, Any]
NAMES = (
    "crosstab",
    "solver",
    "lookup",
    "broadcasting",
    "descent",
    "optimisers",
    "derivatives",
    "decay",
    "initial",
    "cycles",
    "bias",
    "map",
    "density",
    "network",
    "training",
    "factors",
    "cells",
)
PICTURES: dict[str, tuple[Callable[[], Numbers], Callable[[Any, Numbers], None]]] = {
    name: (getattr(picture_numbers, f"{name}_numbers"), getattr(picture_drawings, f"{name}_drawing")) for name in NAMES
}


def rounded(value: Any) -> Any:
    """Numbers to four digits, so that the file is small and does not depend on the machine's last bits."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def digest(name: str, numbers: Numbers) -> str:
    """What an SVG names: its numbers and the code that draws it."""
    text = json.dumps(numbers, sort_keys=True) + inspect.getsource(PICTURES[name][1])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def draw(name: str, numbers: Numbers) -> None:
    """Write one SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    style = {"svg.hashsalt": name, "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False,
             "axes.spines.right": False, "font.family": "sans-serif"}  # fmt: skip
    with mpl.rc_context(style):
        figure = Figure(figsize=(6.4, 4.2), layout="constrained", facecolor="white")
        PICTURES[name][1](figure, numbers)
        about = {"Date": None, "Creator": None, "Description": digest(name, numbers)}
        figure.savefig(IMAGES / f"{name}.svg", metadata=about)


def main() -> None:
    """Compute and draw the named pictures, or all."""
    kept = json.loads(NUMBERS.read_text(encoding="utf-8")) if NUMBERS.exists() else {}
    for name in sys.argv[1:] or PICTURES:
        kept[name] = rounded(PICTURES[name][0]())
        draw(name, kept[name])
        lines = ",\n".join(f'"{key}": {json.dumps(kept[key])}' for key in PICTURES if key in kept)
        NUMBERS.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
