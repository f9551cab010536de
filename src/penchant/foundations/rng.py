"""Random number generators: public functions take a seed and pass generators down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from penchant.foundations.errors import SettingsError

if TYPE_CHECKING:
    import torch

Seed = int | np.random.Generator


def generator(seed: Seed) -> np.random.Generator:
    """A NumPy generator for a seed, or the generator itself; raises SettingsError for anything else."""
    return seed if isinstance(seed, np.random.Generator) else np.random.default_rng(checked_seed(seed))


def checked_seed(seed: object, where: str = "seed") -> int:
    """The seed as an int; raises SettingsError unless it is a whole number of at least 0. where: the argument."""
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        what = f"the seed {seed!r} is not a whole number of at least 0"
        raise SettingsError(what, where=where, remedy="Give a number such as 1")
    return int(seed)


def spawn_seeds(rng: np.random.Generator, count: int) -> np.ndarray:
    """`count` independent 64-bit seeds, shape (count,), for kernels and threads with their own generators."""
    return rng.integers(0, np.iinfo(np.int64).max, size=count, dtype=np.int64)


def torch_generator(rng: np.random.Generator) -> torch.Generator:
    """A PyTorch generator seeded from `rng`; torch's global state is not changed."""
    import torch

    return torch.Generator().manual_seed(int(spawn_seeds(rng, 1)[0]))
