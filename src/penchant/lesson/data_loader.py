"""Rows in batches, as the lesson's data loaders give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from penchant.data.epoch_order import steps_in
from penchant.foundations.rng import torch_generator


class Batches:
    """Tensors of equal length, cut into batches of bs rows. rng: the source of a new order for every pass, or None."""

    def __init__(self, columns: Sequence[Tensor], bs: int, rng: np.random.Generator | None = None) -> None:
        self.columns, self.bs, self._rng = columns, bs, rng

    def __repr__(self) -> str:
        return f"<Batches: {len(self.columns[0]):,} rows in {len(self):,} batches of {self.bs}>"

    def __len__(self) -> int:
        return steps_in(len(self.columns[0]), self.bs)

    def __iter__(self) -> Iterator[list[Tensor]]:
        rows = len(self.columns[0])
        order = torch.arange(rows)
        if self._rng is not None:
            order = torch.randperm(rows, generator=torch_generator(self._rng))
        for first in range(0, rows, self.bs):
            yield [column[order[first : first + self.bs]] for column in self.columns]
