"""Randomness is an argument: one seed at the border, generators passed down from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

Seed = int | np.random.Generator


def generator(seed: Seed) -> np.random.Generator:
    """A NumPy generator from a whole number, or the generator itself when one is given."""
    return seed if isinstance(seed, np.random.Generator) else np.random.default_rng(seed)


def spawn_seeds(rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` independent 64-bit seeds, shape (count,), for kernels and threads that keep their own state."""
    return rng.integers(0, np.iinfo(np.int64).max, size=count, dtype=np.int64)


def torch_generator(rng: np.random.Generator) -> torch.Generator:
    """A PyTorch generator whose stream follows from `rng`; torch's global state is left alone."""
    import torch

    return torch.Generator().manual_seed(int(spawn_seeds(rng, 1)[0]))
