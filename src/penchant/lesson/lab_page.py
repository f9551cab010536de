"""The gradient-descent lab as one page of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from penchant.foundations.rng import generator
from penchant.lesson.derivatives import DotBiasTable, error_by_epsilon
from penchant.lesson.gradient_descent import LinePoints, Trace
from penchant.lesson.initial_scores import initial_score_grid
from penchant.lesson.one_hot import compare
from penchant.lesson.pictures import (
    decay_sweep,
    initial_scores,
    loss_per_step,
    one_hot_timing,
    paths,
    remaining_weights,
    slope_errors,
    write_page,
)
from penchant.lesson.weight_decay import remaining_weight, sweep


def write_lab_page(path: str | Path, traces: Mapping[str, Trace], line: LinePoints, *, seed: int = 0) -> Path:
    """Compute the pictures (a few seconds) and write them; seed: of the synthetic tables and timings."""
    rng = generator(seed)
    values = rng.integers(1, 6, (4, 3)).astype(np.float64)
    table = DotBiasTable.of(values, 2, (0.5, 5.5))
    epsilons = np.logspace(0, -15, 16)
    errors = error_by_epsilon(table, rng.normal(size=table.size), epsilons)
    sizes = np.logspace(-3, 2, 6)
    left = remaining_weight(sizes, decay=0.1, rate=0.01, steps=500, seed=seed)
    timings = [compare(rows, width=50, batch=64, rng=rng) for rows in (100, 1_000, 10_000, 100_000)]
    figures = [
        (
            "Click a name to hide or show it. At this rate Adam and its variants jump around the best line.",
            loss_per_step(traces, line),
        ),
        ("The valley is long along b: x is large, so a approaches its best value first.", paths(traces, line)),
        (
            "On the right the distance is too large, on the left rounding dominates.",
            slope_errors(errors, epsilons),
        ),
        ("Both forms reach about the same lowest error, with decays of different size.", decay_sweep(sweep())),
        (
            "Adam divides the L2 decay by the size of the slopes, AdamW does not.",
            remaining_weights(sizes, *left),
        ),
        ("With 50 factors U(0, 0.05) starts far below any rating.", initial_scores(initial_score_grid())),
        ("The product grows with the table, the look-up does not.", one_hot_timing(timings)),
    ]
    return write_page(path, "The gradient-descent lab", figures)
