"""The loop shared by explicit and implicit least squares: all user rows, then all item rows, and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from penchant.foundations.progress import Progress
from penchant.models.rows import Floats

Step = Callable[[], Mapping[str, float]]
"""One sweep over both sides; it returns the metrics to report."""


def alternate(step: Step, epochs: int, progress: Progress, task: str) -> list[dict[str, float]]:
    """Run `epochs` sweeps and return their metrics; an interrupt keeps the finished epochs."""
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
    """Normal numbers (count, factors) with standard deviation scale / sqrt(factors), so that lengths do not grow."""
    return rng.standard_normal((count, factors), dtype=np.float32) * np.float32(scale / np.sqrt(max(factors, 1)))
