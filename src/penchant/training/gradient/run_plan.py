"""From settings to trained parameters: hold out, stop early, and train again on everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.progress import Progress
from penchant.foundations.rng import spawn_seeds
from penchant.training.gradient import learner, schedules
from penchant.training.gradient.callbacks.checkpoint import Checkpoint, identity, read_checkpoint
from penchant.training.gradient.callbacks.early_stopping import BestWeights, StopAfter
from penchant.training.gradient.callbacks.reporting import Reporting
from penchant.training.gradient.callbacks.snapshots import Snapshots
from penchant.training.gradient.callbacks.validation import Held, Validation
from penchant.training.gradient.events import Callback, Plan, Run
from penchant.training.gradient.road import Road, State
from penchant.training.gradient.settings import GradientSettings

Build = Callable[[Ratings], Road]
"""A fresh road over some ratings, at its starting parameters; called twice it gives the same start."""

_FEWEST_HELD = 20


@dataclass
class Learnt:
    """road: at the final parameters. draws: the parameter states that make the model's draws, at least one.

    history: the figures of each epoch that had a validation error to show, else of each epoch. rmse: the validation
    error, or None. facts: what a report should say of the training.
    """

    road: Road
    draws: Sequence[State]
    history: Sequence[Mapping[str, float]]
    rmse: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def plan_of(settings: GradientSettings) -> Plan:
    """The epochs and the learning-rate curve that the settings ask for."""
    curve = schedules.named(settings.schedule, settings.epochs, settings.cycle_epochs, settings.cycle_growth)
    return Plan(settings.epochs, settings.learning_rate, curve)


def carry_out(
    build: Build,
    ratings: Ratings,
    settings: GradientSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None,
    progress: Progress,
) -> Learnt:
    """Train as the settings say.

    With `validation`, its error is shown and, given patience, stops training. Without, a share of the training ratings
    is held out to find the number of epochs, and training starts again on all of them for that many.
    """
    seed = int(spawn_seeds(rng, 1)[0])
    if validation is not None:
        return _watched(
            build(ratings), Held.of(validation, ratings), settings, _Part(ratings, seed, progress, "training")
        )
    held = int(len(ratings) * settings.validation_share)
    whole = _Part(ratings, seed, progress, "training")
    if not settings.patience or held < _FEWEST_HELD:
        return _unwatched(build(ratings), settings, whole)
    rows = rng.permutation(len(ratings))
    kept, aside = ratings.take(np.sort(rows[held:])), ratings.take(np.sort(rows[:held]))
    search = _Part(kept, seed, progress, "looking for the best epoch")
    found = _watched(build(kept), Held.of(aside, ratings), settings, search)
    if not settings.refit:
        return found
    final = _unwatched(build(ratings), settings, whole, found.facts["best_epoch"])
    return Learnt(final.road, final.draws, found.history, found.rmse, found.facts | {"refit": True})


@dataclass(frozen=True)
class _Part:
    """One of the runs that make a training: its ratings, its seed, who listens, and what it is called."""

    ratings: Ratings
    seed: int
    progress: Progress
    task: str


def _watched(road: Road, held: Held, settings: GradientSettings, part: _Part) -> Learnt:
    if not len(held.values):
        return _unwatched(road, settings, part)
    keeper = BestWeights(patience=settings.patience)
    run, draws = _run(road, settings, part, keeper, [Validation(held), keeper])
    facts = {"best_epoch": keeper.epoch + 1, "epochs_run": len(run.history), "stopped": run.stopped}
    return Learnt(road, draws, run.history, keeper.best, facts)


def _unwatched(road: Road, settings: GradientSettings, part: _Part, epochs: int | None = None) -> Learnt:
    ending: list[Callback] = [] if epochs is None else [StopAfter(epochs)]
    run, draws = _run(road, settings, part, BestWeights(), ending)
    return Learnt(road, draws, run.history, None, {"epochs_run": len(run.history)})


def _run(
    road: Road, settings: GradientSettings, part: _Part, keeper: BestWeights, callbacks: list[Callback]
) -> tuple[Run, Sequence[State]]:
    """Train, from a checkpoint where there is one; `keeper` is among the callbacks if it has something to watch."""
    snapshots = Snapshots(schedules.cycles_within(settings.epochs, settings.cycle_epochs, settings.cycle_growth))
    if settings.snapshots:
        callbacks = [*callbacks, snapshots]
    saved = None
    if settings.checkpoint:
        folder = Path(settings.checkpoint) / part.task.replace(" ", "-")
        about = identity(part.ratings, settings.to_json(), part.seed)
        if saved := read_checkpoint(folder, about):
            road.restore(saved.states["now"])
            saved.give_back(keeper, snapshots)
        callbacks = [*callbacks, Checkpoint(folder, about, keeper, snapshots)]
    before, stopped = (saved.history, saved.stopped) if saved else ([], "")
    callbacks = [*callbacks, Reporting(part.progress, part.task)]
    run = learner.fit(road, plan_of(settings), seed=part.seed, callbacks=callbacks, history=before, stopped=stopped)
    return run, snapshots.states or [road.state()]
