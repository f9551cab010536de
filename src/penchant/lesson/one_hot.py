"""One-hot times matrix, look-up and embedding: the same vectors, and the time that each takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.optional import require
from penchant.lesson.display import Summarized

Array = NDArray[np.float32]


@dataclass(frozen=True, repr=False)
class LookupComparison(Summarized):
    """rows: of the table. vectors: method -> the (B, K) vectors. seconds: method -> the shortest of several runs."""

    rows: int
    vectors: Mapping[str, Array]
    seconds: Mapping[str, float]

    def summary(self) -> str:
        return ", ".join(f"{name} {seconds:.1e} s" for name, seconds in self.seconds.items())


def one_hot(numbers: NDArray[np.int64], rows: int) -> Array:
    """(B, N) with a single 1 in each row, in the column of its number."""
    hot = np.zeros((len(numbers), rows), np.float32)
    hot[np.arange(len(numbers)), numbers] = 1
    return hot


def compare(rows: int, *, width: int, batch: int, rng: np.random.Generator, tries: int = 3) -> LookupComparison:
    """Fetch the vectors of `batch` random rows of an (N, K) table by three methods, and time each."""
    require("torch", extra="torch", what="one of the three methods")
    import torch

    table = rng.normal(size=(rows, width)).astype(np.float32)
    numbers = rng.integers(0, rows, batch)
    hot = one_hot(numbers, rows)
    weights, index = torch.from_numpy(table), torch.from_numpy(numbers)
    methods: dict[str, Callable[[], Array]] = {
        "one-hot × matrix": lambda: hot @ table,
        "look-up": lambda: table[numbers],
        "torch embedding": lambda: torch.nn.functional.embedding(index, weights).numpy(),
    }
    found = {name: method() for name, method in methods.items()}  # the first call may be slower
    return LookupComparison(
        rows, found, {name: min(_seconds(method) for _ in range(tries)) for name, method in methods.items()}
    )


def _seconds(method: Callable[[], Array]) -> float:
    begin = time.perf_counter()
    method()
    return time.perf_counter() - begin
