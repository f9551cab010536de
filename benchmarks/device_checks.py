"""Checks on a GPU what torch models promise there: one line for each check, and exit status 1 if one fails.

    python benchmarks/device_checks.py --out FOLDER              # about a minute and a half on a GPU
    python benchmarks/device_checks.py --out FOLDER --device cpu # without a GPU, to try the script
    python benchmarks/device_checks.py --out FOLDER --skip-notebook

It needs penchant installed and the packages that it lists first; the notebook also needs pandas and matplotlib, and
plotly for two of its cells. Nothing is downloaded. The results are written after each check, so that a run that is cut
off leaves what it found. Training, predictions and fold-in are compared with those on the CPU from the same
parameters and batches. Synchronisations are counted by PyTorch; their number must not depend on the number of steps.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shlex
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
NEEDED = ("numpy", "scipy", "numba", "polars", "narwhals", "safetensors", "threadpoolctl", "torch", "typer", "rich")
FOR_THE_NOTEBOOK = ("pandas", "matplotlib", "plotly")
STEPS = (20, 200)
"""Steps of the two runs whose synchronisations are counted."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="the folder for device_checks.json")
    parser.add_argument("--device", default="cuda", help="cuda, mps or cpu")
    parser.add_argument("--skip-notebook", action="store_true", help="without the notebook, which takes a minute")
    asked = parser.parse_args()
    missing = [name for name in (*NEEDED, *FOR_THE_NOTEBOOK) if importlib.util.find_spec(name) is None]
    print(f"missing packages: {', '.join(missing) or 'none'}", flush=True)
    if blocking := [name for name in missing if name in NEEDED]:
        print(f"nothing can be checked without {', '.join(blocking)}")
        return 1
    checks: dict[str, Callable[[str], dict[str, Any]]] = {
        "train, predict, fold in": agrees_with_the_cpu,
        "models by name": models_by_name,
        "seeds": seeds,
        "synchronisations": synchronisations,
        "the lesson's fit and the book's learner": lesson_and_book,
        **({} if asked.skip_notebook else {"notebook": notebook}),
    }
    found: dict[str, Any] = {"command": shlex.join(["python", *sys.argv]), "versions": versions(), "missing": missing}
    found |= {"device": device_name(asked.device), "checks": {}}
    print(found["device"], found["versions"], flush=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, check in checks.items():
        found["checks"][name] = timed(check, asked.device)
        print(f"{name}: {json.dumps(found['checks'][name])}", flush=True)
        (asked.out / "device_checks.json").write_text(json.dumps(found, indent=1) + "\n")
    failed = [name for name, result in found["checks"].items() if not result["passed"]]
    print(f"failed: {', '.join(failed) or 'none'}")
    return bool(failed)


def versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in ("numpy", "numba", "torch")}


def device_name(device: str) -> str:
    import torch

    if not device.startswith("cuda"):
        return f"{device} {platform.machine()}"
    return str(torch.cuda.get_device_name(0)) if torch.cuda.is_available() else "no GPU is found here"


def timed(check: Callable[[str], dict[str, Any]], device: str) -> dict[str, Any]:
    """The figures of a check, whether it passed, and its seconds; what it raised is a figure too."""
    started = time.perf_counter()
    try:
        figures = check(device)
    except Exception as error:  # one failure must not hide what the other checks find
        traceback.print_exc()
        figures = {"passed": False, "error": f"{type(error).__name__}: {error}"}
    return figures | {"seconds": round(time.perf_counter() - started, 1)}


def agrees_with_the_cpu(device: str) -> dict[str, Any]:
    """Each model beside the same on the CPU: after ten steps, and predictions and a new user from the same parameters.

    Only a few steps can be compared: training amplifies rounding, as the text of `devices.py` says.
    """
    import numpy as np

    import devices
    from penchant.data.synthetic import synthetic

    ratings = synthetic(users=3000, items=1500, ratings=50_000, seed=1).ratings
    pairs, found = (ratings.user_numbers, ratings.item_numbers), {}
    for model in ("network", "dot_bias", "net"):
        here, there = (devices.small(model, ratings, name) for name in ("cpu", device))
        for one in (here, there):
            one.begin(3, 0)
            one.advance(0, np.full(10, 5e-3))
        steps = np.abs(here.predict(*pairs) - there.predict(*pairs)).max()
        there.restore(here.state())
        same = np.abs(here.predict(*pairs) - there.predict(*pairs)).max()
        found[model] = {"after ten steps": float(steps), "from the same parameters": float(same)}
        if model == "network":
            new = np.abs(devices.folded_in(here, ratings) - devices.folded_in(there, ratings)).max()
            found[model]["a new user"] = float(new)
    return {"passed": all(one < 0.01 for row in found.values() for one in row.values()), "largest difference": found}


def models_by_name(device: str) -> dict[str, Any]:
    """`pt.train(..., device=)` for net, dot and dot_bias: predictions, a new user and a list."""
    import numpy as np

    import penchant as pt
    from penchant.data.synthetic import synthetic

    world = synthetic(users=600, items=300, ratings=30_000, seed=2)
    split = pt.split.random(world.ratings, test=0.1, seed=0)
    found: dict[str, Any] = {}
    for kind in ("net", "dot", "dot_bias"):
        rmse = {}
        for place in ("cpu", device):
            more = {} if kind == "net" else {"backend": "torch"}
            model = pt.train(split.train, kind, seed=0, device=place, factors=8, epochs=5, **more)
            known = model.fold_in({int(i): 5.0 for i in world.ratings.items.ids[:5]}).predict(
                world.ratings.items.ids[9]
            )
            assert np.isfinite(known.mean).all() and len(model.recommend(world.ratings.users.ids[0], n=5).ids) == 5
            rmse[place] = float(pt.evaluate(model, split)["rmse"].value)
        found[kind] = rmse
    return {"passed": all(abs(r[device] - r["cpu"]) < 0.02 for r in found.values()), "rmse": found}


def seeds(device: str) -> dict[str, Any]:
    """The same seed gives the same dropout on the device, another seed another, and the caller's states are kept."""
    import torch

    from penchant.training.gradient import learner
    from penchant.training.gradient.events import TrainingPlan

    def first_losses(seed: int, stirred: int) -> list[float]:
        torch.manual_seed(stirred)  # the caller's state, on every device; it must not matter
        return learner.fit(lesson_backend(device, dropout=0.5), TrainingPlan(1, 1e-3), seed=seed).losses[:5]

    first, again, other = first_losses(1, 5), first_losses(1, 6), first_losses(2, 5)
    torch.manual_seed(7)
    expected = torch.rand(3, device=device).tolist()
    torch.manual_seed(7)
    learner.fit(lesson_backend(device, dropout=0.5), TrainingPlan(1, 1e-3), seed=1)
    kept = torch.rand(3, device=device).tolist() == expected
    same = max(abs(a / b - 1) for a, b in zip(first, again, strict=True))
    apart = max(abs(a / b - 1) for a, b in zip(first, other, strict=True))
    return {
        "passed": first[0] == again[0] and same < 1e-5 < apart and kept,
        "relative difference, same seed": same,
        "another seed": apart,
        "the caller's random state is kept": kept,
    }


def synchronisations(device: str) -> dict[str, Any]:
    """How often the host waits for the device in runs of 20 and of 200 steps, by optimiser, and for one that waits."""
    import torch

    from penchant.training.gradient.sparse_updates import SparseUpdates

    if not device.startswith("cuda"):
        return {"passed": True, "remark": "PyTorch counts synchronisations of CUDA only"}
    made: dict[str, Any] = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.1),
        "sparse adam": lambda p: SparseUpdates(p, lr=0.1, adam=True, betas=(0.9, 0.99)),
    }
    counts = {
        name: [waits(lesson_backend(device, one, clip=1.0), steps) for steps in STEPS] for name, one in made.items()
    }
    reading = lesson_backend(device, loss=lambda p, y: (p - y).square().mean() + 0 * (p - y).abs().max().item())
    control = [waits(reading, steps) for steps in STEPS]
    return {
        "passed": all(few == many for few, many in counts.values()) and control[1] - control[0] >= STEPS[1] - STEPS[0],
        "waits in 20 and 200 steps": counts,
        "of a loss that reads a number": control,
    }


def waits(backend: Any, steps: int) -> int:
    """Synchronising operations in a run of so many steps."""
    import numpy as np
    import torch

    backend.begin(0, 0)
    backend.steps(0, np.full(3, 1e-3))  # the first steps allocate the optimiser's state
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            backend.steps(3, np.full(steps, 1e-3))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(one.message) for one in heard)


def lesson_backend(device: str, optimizer: Any = None, *, dropout: float = 0.0, **more: Any) -> Any:
    """The lesson's network on 20,000 ratings in batches of 64, with dropout on its hidden units."""
    import torch

    import devices
    from penchant.data.synthetic import synthetic
    from penchant.training.gradient.torch_backend import TorchBackend

    ratings = synthetic(users=600, items=300, ratings=20_000, seed=3).ratings
    torch_state = torch.get_rng_state()
    torch.default_generator.manual_seed(0)
    module = devices.LessonNet(ratings.n_users, ratings.n_items).to(device)
    torch.set_rng_state(torch_state)
    module.lin2 = torch.nn.Sequential(torch.nn.Dropout(dropout), module.lin2)
    made = optimizer or (lambda parameters: torch.optim.Adam(parameters, lr=1e-3))
    return TorchBackend(module, ratings, made(module.parameters()), 64, **more)


def lesson_and_book(device: str) -> dict[str, Any]:
    """`fit`, `predict` and the book's learner with a module on the device, and the search for a rate."""
    import contextlib
    import io

    import numpy as np
    import torch

    from penchant.data.synthetic import synthetic
    from penchant.lesson import EmbeddingNet, fit, predict
    from penchant.lesson.book import CollabDataLoaders, collab_learner

    ratings = synthetic(users=600, items=300, ratings=20_000, seed=3).ratings
    data = CollabDataLoaders.from_df(ratings.to_frame().select("user", "item", "rating"), seed=0, bs=1024)
    learn = collab_learner(data, 16, y_range=(0.0, 5.5))
    learn.model.to(device)
    rows = data.data
    module = EmbeddingNet(601, 301, n_factors=8).to(device)
    with contextlib.redirect_stdout(io.StringIO()):
        book = learn.fit_one_cycle(2, 5e-3)
        rate = learn.lr_find().suggestion
        lesson = fit(module, rows, 2, torch.optim.Adam(module.parameters(), 1e-2), torch.nn.functional.mse_loss)
    error = float(np.mean((predict(module, rows) - rows.val_y) ** 2))
    stayed = {next(one.parameters()).device.type for one in (module, learn.model)} == {device.partition(":")[0]}
    return {
        "passed": stayed and abs(error - lesson[-1]["validation_loss"]) < 1e-4 and book[-1]["validation_loss"] < 2.0,
        "lesson": lesson[-1]["validation_loss"],
        "book": book[-1]["validation_loss"],
        "suggested rate": rate,
        "modules stay on the device": stayed,
    }


def notebook(device: str) -> dict[str, Any]:
    """Every cell of docs/notebooks/lesson5.ipynb; its modules must be on the device after `.cuda()`."""
    os.environ["MPLBACKEND"] = "Agg"
    import torch

    from penchant.foundations.errors import MissingExtraError

    sys.path.insert(0, str(ROOT / "tests" / "lesson"))
    from notebook_runner import cells_of

    torch.manual_seed(1)
    namespace: dict[str, Any] = {"__name__": "__notebook__"}
    lacking, losses, places, cells = [], [], set(), 0
    for run in cells_of(ROOT / "docs" / "notebooks" / "lesson5.ipynb", namespace):
        cells += 1
        try:
            printed, _ = run()
        except MissingExtraError as error:
            lacking.append(f"cell {cells}: {error}")
            continue
        if printed.startswith("["):
            losses.append(float(printed.splitlines()[-1].rstrip("]").split()[-1]))
        places |= {
            one.device.type for name in ("m", "model") if name in namespace for one in namespace[name].parameters()
        }
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    return {
        "passed": places == {expected},
        "cells": cells,
        "cells that lack a package": lacking,
        "devices of the modules": sorted(places),
        "validation losses of the cells that train": losses,
    }


if __name__ == "__main__":
    sys.exit(main())
