"""Snapshots at the ends of SGDR cycles (Huang et al. 2017, arXiv 1704.00109): each becomes a sample of the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from penchant.training.gradient.backend import State
from penchant.training.gradient.events import Callback, Run


class Snapshots(Callback):
    """Keeps the parameters at the end of every cycle. cycles: their lengths in epochs."""

    def __init__(self, cycles: Sequence[int]) -> None:
        self.ends = set(np.cumsum(cycles).tolist())
        self.states: list[State] = []

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        if epoch + 1 in self.ends:
            state = run.backend.state()
            self.states.append({name: value for name, value in state.items() if not name.startswith("optimizer.")})
