"""Torch models on the CPU and on a GPU: ratings per second by batch size, and whether both learn the same.

    python benchmarks/devices.py              # every device that PyTorch finds here; a few minutes
    python benchmarks/devices.py --quick      # a tenth of the ratings, to try the script

It needs numpy, scipy, numba, torch and polars, and this source tree on PYTHONPATH; nothing is read or downloaded. The
ratings are synthetic, with known noise: its standard deviation is the lowest RMSE that a model can reach. Every row of
the table trains the same module from the same parameters in the same order of batches. Speed is that of an epoch with
its shuffle, after one untimed epoch. The CPU is measured with one thread, which is what training uses, and with all.

The second part trains three models on each device and compares predictions, errors and a folded-in user with the CPU's.
They differ by rounding, which training amplifies. For the networks, a change of the initial values on the CPU by one
part in ten million also moves predictions by more than half a star after these 704 steps, and their RMSE by 0.6 %.
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from penchant.data.ratings import Ratings
from penchant.data.synthetic import World, synthetic
from penchant.recommending.fold_in_module import with_new_user
from penchant.training.gradient import learner
from penchant.training.gradient.backend_choice import dot_bias_backend
from penchant.training.gradient.events import TrainingPlan
from penchant.training.gradient.feature_embeddings import FeatureEmbeddings
from penchant.training.gradient.initial_parameters import biased_start
from penchant.training.gradient.net import started_net
from penchant.training.gradient.settings import DotBiasSettings, NetSettings
from penchant.training.gradient.torch_backend import TorchBackend, module_backend
from penchant.training.gradient.torch_devices import available_devices

RESULTS = Path(__file__).parent / "results" / "devices.json"
BATCHES = (64, 1024, 16_384, 131_072)
MOST_STEPS = 1500
"""Steps that are timed at small batches, so that no row takes minutes."""


class LessonNet(nn.Module):
    """The lesson's network with wider embeddings and more hidden units."""

    def __init__(self, users: int, items: int, width: int = 64, hidden: int = 128) -> None:
        super().__init__()
        self.u, self.m = nn.Embedding(users, width), nn.Embedding(items, width)
        for table in (self.u, self.m):
            nn.init.normal_(table.weight, std=0.1)
        self.lin1, self.lin2 = nn.Linear(2 * width, hidden), nn.Linear(hidden, 1)

    def forward(self, users: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
        joined = torch.cat([self.u(users), self.m(items)], dim=1)
        return self.lin2(torch.relu(self.lin1(joined))) + 3.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the ratings, and of the steps")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the file for the results")
    asked = parser.parse_args()
    size = 10 if asked.quick else 1
    world = synthetic(users=60_400 // size, items=20_000 // size, ratings=5_000_000 // size, seed=0)
    found: dict[str, Any] = {
        "command": shlex.join(["python", *sys.argv]),
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
        "machine": f"{platform.machine()} {platform.system()}, {torch.get_num_threads()} threads",
        "devices": {name: device_name(name) for name in available_devices()},
        "protocol": f"{len(world.ratings):,} synthetic ratings, noise {world.noise}, seed 0; "
        "speed is the best of two epochs after an untimed one",
        "speed": speeds(world, MOST_STEPS // size),
        "agreement": agreement(synthetic(users=3000, items=1500, ratings=200_000, seed=1)),
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(found, indent=1) + "\n")


def device_name(name: str) -> str:
    return torch.cuda.get_device_name(0) if name == "cuda" else platform.processor() or platform.machine()


def places() -> list[tuple[str, int]]:
    """Device and number of CPU threads of each column."""
    every = torch.get_num_threads()
    return [("cpu", 1), *([("cpu", every)] if every > 1 else []), *((n, 1) for n in available_devices() if n != "cpu")]


def speeds(world: World, most: int) -> list[dict[str, Any]]:
    """Ratings per second of a network and of dot_bias, by batch size and device."""
    rows = []
    for model in ("network", "dot_bias"):
        for batch in BATCHES:
            for device, threads in places():
                rate = ratings_per_second(made(model, world.ratings, batch, device, threads), most)
                row = {"model": model, "batch": batch, "device": device, "threads": threads, "ratings_per_second": rate}
                rows.append(row)
                print(
                    f"{model:9} batch {batch:7,}  {device:5} {threads:3} threads  {rate:14,.0f} ratings/s", flush=True
                )
    return rows


def made(model: str, ratings: Ratings, batch: int, device: str, threads: int) -> TorchBackend:
    if model == "dot_bias":
        settings = DotBiasSettings(factors=64, batch_size=batch, backend="torch", device=device)
        start = biased_start(ratings, 64, settings.init_std, settings.damping, np.random.default_rng(0))
        backend = dot_bias_backend(start, ratings, settings, None, FeatureEmbeddings())
        assert isinstance(backend, TorchBackend)
        backend._threads = threads
        return backend
    torch.manual_seed(0)
    module = LessonNet(ratings.n_users, ratings.n_items).to(device)
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-3, fused=device != "mps")
    return TorchBackend(module, ratings, optimizer, batch, threads=threads)


def ratings_per_second(backend: TorchBackend, most: int) -> float:
    steps = min(most, -(-backend.rows // backend.batch_size))
    rates, times = np.full(steps, 1e-3), []
    for epoch in range(3):
        started = time.perf_counter()
        backend.begin(0, epoch)
        backend.advance(0, rates)  # ends with the losses on the CPU, so all steps are done
        times.append(time.perf_counter() - started)
    return min(steps * backend.batch_size, backend.rows) / min(times[1:])


def agreement(world: World) -> list[dict[str, Any]]:
    """Train on each device from the same parameters; compare predictions, errors and a folded-in user."""
    rows = world.ratings
    held = np.random.default_rng(0).random(len(rows)) < 0.1
    train, test = rows.take(~held), rows.take(held)
    found, expected = [], {}
    for model in ("network", "dot_bias", "net"):
        for device in available_devices():
            backend = small(model, train, device)
            run = learner.fit(backend, TrainingPlan(4, 5e-3), seed=3)
            predicted = backend.predict(test.user_numbers, test.item_numbers)
            new_user = folded_in(backend, test) if model == "network" else np.zeros(1)
            first, other_user = expected.setdefault(model, (predicted, new_user))
            row = {
                "model": model,
                "device": device,
                "rmse": float(np.sqrt(np.mean((predicted - test.values) ** 2))),
                "train_loss": run.history[-1]["train_loss"],
                "largest_difference_to_cpu": float(np.abs(predicted - first).max()),
                "new_user_difference_to_cpu": float(np.abs(new_user - other_user).max()),
            }
            found.append(row)
            print(row, flush=True)
    return found


def small(model: str, ratings: Ratings, device: str) -> TorchBackend:
    if model != "net":
        return made(model, ratings, 1024, device, 1)
    settings = NetSettings(factors=16, dropout=0.0, device=device)
    return module_backend(started_net(ratings, settings, np.random.default_rng(0), {}), ratings, settings)


def folded_in(backend: TorchBackend, ratings: Ratings) -> np.ndarray:
    """Predictions for a new user with the first 20 ratings of the test rows."""
    module, number = with_new_user(backend.module, ratings.item_numbers[:20], ratings.values[:20], noise=0.7)
    items = torch.arange(100, device=backend.device)
    with torch.no_grad():
        return module(torch.full_like(items, number), items).reshape(-1).cpu().numpy()


if __name__ == "__main__":
    main()
