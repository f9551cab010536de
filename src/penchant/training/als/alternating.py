"""The alternation that explicit and implicit least squares share: users' rows, then items' rows, then again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from penchant.foundations.progress import Progress
from penchant.models.sides import Floats

Step = Callable[[], Mapping[str, float]]
"""One sweep over both sides; it returns the figures worth showing."""


def alternate(step: Step, sweeps: int, progress: Progress, task: str) -> list[dict[str, float]]:
    """Take `sweeps` steps and return their figures; an interruption keeps the sweeps that are done."""
    progress.start(task, sweeps)
    history: list[dict[str, float]] = []
    try:
        for sweep in range(sweeps):
            figures = dict(step())
            progress.step(figures)
            history.append({"sweep": sweep + 1.0, **figures})
    except KeyboardInterrupt:
        progress.note(f"interrupted: the model of {len(history)} sweeps is kept")
    return history


def starting_vectors(rng: np.random.Generator, count: int, factors: int, scale: float) -> Floats:
    """Normal numbers (count, factors) of standard deviation scale / sqrt(factors): lengths do not grow with K."""
    return rng.standard_normal((count, factors), dtype=np.float32) * np.float32(scale / np.sqrt(max(factors, 1)))
