"""A program that trains with checkpoints, each time in a process of its own that may kill itself in an epoch."""

import json
import os
import signal
import sys

import numpy as np

from made_ratings import low_rank
from penchant.training.gradient import torch_backend
from penchant.training.gradient.numba_backend import NumbaBackend
from penchant.training.registry import train


def run(model: str, folder: str, out: str, kill_at: int) -> None:
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


def main(model: str, runs: list[tuple[str, str, int]]) -> None:
    """Fork for each run, so that the packages are imported once, and write how it ended."""
    for folder, out, kill_at in runs:
        child = os.fork()
        if not child:
            run(model, folder, out, kill_at)
            os._exit(0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
