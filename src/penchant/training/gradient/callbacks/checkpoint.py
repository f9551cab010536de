"""Checkpoints: a run is saved after each epoch, so that an interrupted run can continue with the same result."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError
from penchant.training.gradient.backend import State
from penchant.training.gradient.callbacks.early_stopping import BestWeights
from penchant.training.gradient.callbacks.snapshots import Snapshots
from penchant.training.gradient.events import Callback, Run

_FILE, _ABOUT = "checkpoint.safetensors", "about"


@dataclass(frozen=True)
class Saved:
    """A checkpoint.

    history: the metrics of the finished epochs. stopped: why training ended, or "". best: the lowest error and its
    epoch. states: the current state of the backend ("now"), the best ("best") and the snapshots ("sample0", ...).
    """

    history: list[Mapping[str, float]]
    stopped: str
    best: tuple[float, int]
    states: Mapping[str, State] = field(default_factory=dict)

    def give_back(self, keeper: BestWeights, snapshots: Snapshots) -> None:
        """Restore the state of the callbacks."""
        keeper.best, keeper.epoch = self.best
        keeper.state = self.states.get("best")
        samples = sorted((name for name in self.states if name.startswith("sample")), key=lambda name: int(name[6:]))
        snapshots.states = [self.states[name] for name in samples]


def identity(ratings: Ratings, settings: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """What identifies a run: its ratings, settings and seed, as JSON values."""
    columns = (ratings.user_numbers, ratings.item_numbers, ratings.values)
    sums = [zlib.crc32(column.tobytes()) for column in columns]
    return {"ratings": sums, "seed": seed, "settings": {k: v for k, v in settings.items() if k != "checkpoint"}}


def read_checkpoint(folder: Path, about: Mapping[str, Any]) -> Saved | None:
    """The checkpoint in a folder, or None if there is none.

    Raises CallerError if it belongs to other ratings, other settings or another seed.
    """
    from safetensors import safe_open

    path = folder / _FILE
    if not path.exists():
        return None
    with safe_open(path, framework="numpy") as file:
        notes = json.loads(file.metadata()[_ABOUT])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    if notes["about"] != about:
        raise CallerError(
            "the checkpoint belongs to another run",
            where=str(path),
            remedy="Use the same ratings, settings and seed, or another folder",
        )
    states: dict[str, dict[str, Any]] = {}
    for name, value in arrays.items():
        which, rest = name.split("/", 1)
        states.setdefault(which, {})[rest] = value
    return Saved(notes["history"], notes["stopped"], (notes["best"][0], notes["best"][1]), states)


class Checkpoint(Callback):
    """Saves the run after every epoch. It must come after the callbacks whose state it saves.

    A new file is written under a temporary name and then renamed, so there is always a complete file.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any], keeper: BestWeights, snapshots: Snapshots) -> None:
        self.folder, self.about, self.keeper, self.snapshots = folder, about, keeper, snapshots

    def epoch_ends(self, run: Run, epoch: int, metrics: dict[str, float]) -> None:
        from safetensors.numpy import save_file

        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = {
            f"{which}/{name}": np.ascontiguousarray(value)
            for which, state in self._states(run).items()
            for name, value in state.items()
        }
        notes = {
            "about": self.about,
            "history": [*run.history, metrics],
            "stopped": run.stopped,
            "best": (self.keeper.best, self.keeper.epoch),
        }
        fresh = self.folder / f"{_FILE}.{os.getpid()}"
        save_file(arrays, fresh, metadata={_ABOUT: json.dumps(notes)})
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(self.folder / _FILE)

    def _states(self, run: Run) -> dict[str, State]:
        states = {"now": run.backend.state()} | {f"sample{n}": state for n, state in enumerate(self.snapshots.states)}
        return states if self.keeper.state is None else states | {"best": self.keeper.state}
