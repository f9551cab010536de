"""The alternation that explicit and implicit least squares share: users' rows, then items' rows, then again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from penchant.foundations.progress import Progress
from penchant.models.rows import Floats

Step = Callable[[], Mapping[str, float]]
"""One sweep over both sides; it returns the metrics worth showing."""


def alternate(step: Step, epochs: int, progress: Progress, task: str) -> list[dict[str, float]]:
    """Take `epochs` steps and return their metrics; an interruption keeps the epochs that are done."""
    progress.start(task, epochs)
    history: list[dict[str, float]] = []
    try:
        for sweep in range(epochs):
            metrics = dict(step())
            progress.step(metrics)
            history.append({"epoch": sweep + 1.0, **metrics})
    except KeyboardInterrupt:
        progress.note(f"interrupted: the model of {len(history)} epochs is kept")
    return history


def starting_vectors(rng: np.random.Generator, count: int, factors: int, scale: float) -> Floats:
    """Normal numbers (count, factors) of standard deviation scale / sqrt(factors): lengths do not grow with K."""
    return rng.standard_normal((count, factors), dtype=np.float32) * np.float32(scale / np.sqrt(max(factors, 1)))
