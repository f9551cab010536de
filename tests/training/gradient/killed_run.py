"""A program that trains with checkpoints and can kill itself in the middle of an epoch."""

import os
import signal
import sys

import numpy as np

from made_ratings import low_rank
from penchant.training.gradient import torch_backend
from penchant.training.gradient.numba_backend import NumbaBackend
from penchant.training.registry import train


def main(folder: str, out: str, model: str, kill_at: int) -> None:
    """Train `model`; with kill_at above 0, the process kills itself during that call of `advance`."""
    calls = 0

    def dying(original):
        def advance(self, first, rates):
            nonlocal calls
            calls += 1
            if calls == kill_at:
                original(self, first, rates[: len(rates) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return original(self, first, rates)

        return advance

    for backend in (NumbaBackend, torch_backend.TorchBackend):
        backend.advance = dying(backend.advance)
    trained = train(
        low_rank(), model, seed=4, factors=4, epochs=6, batch_size=64, patience=2, checkpoint=folder, learning_rate=0.02
    )
    np.savez(out, users=trained.users.vectors, items=trained.items.vectors, bias=trained.items.bias)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
