"""From settings to trained parameters: hold-out rows, early stopping, and training again on all rows."""

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
from penchant.training.gradient.backend import Backend, State
from penchant.training.gradient.callbacks.checkpoint import Checkpoint, identity, read_checkpoint
from penchant.training.gradient.callbacks.early_stopping import BestWeights, StopAfter
from penchant.training.gradient.callbacks.reporting import Reporting
from penchant.training.gradient.callbacks.snapshots import Snapshots
from penchant.training.gradient.callbacks.validation import Held, Validation
from penchant.training.gradient.events import Callback, Run, TrainingPlan
from penchant.training.gradient.settings import GradientSettings

Build = Callable[[Ratings], Backend]
"""Builds a backend over some ratings with its initial parameters, which are the same in every call."""

_FEWEST_HELD = 20


@dataclass
class FitResult:
    """The result of training.

    backend: with the final parameters. samples: one state for each sample of the model. history: the metrics of each
    epoch, of the run with validation if there was one. rmse: the validation error, or None. facts: values for reports.
    """

    backend: Backend
    samples: Sequence[State]
    history: Sequence[Mapping[str, float]]
    rmse: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def training_plan(settings: GradientSettings) -> TrainingPlan:
    """The epochs and the learning-rate curve of the settings."""
    curve = schedules.named(settings.schedule, settings.epochs, settings.cycle_epochs, settings.cycle_growth)
    return TrainingPlan(settings.epochs, settings.learning_rate, curve)


def fit_with_settings(
    build: Build,
    ratings: Ratings,
    settings: GradientSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None,
    progress: Progress,
) -> FitResult:
    """Train with the given settings.

    With `validation`, its error is reported and, with patience, stops training early. Otherwise a share of the training
    ratings is held out to find the number of epochs, and a new run trains on all ratings for that number.
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
    return FitResult(final.backend, final.samples, found.history, found.rmse, found.facts | {"refit": True})


@dataclass(frozen=True)
class _Part:
    """One run of the training: its ratings, seed, progress and name."""

    ratings: Ratings
    seed: int
    progress: Progress
    task: str


def _watched(backend: Backend, held: Held, settings: GradientSettings, part: _Part) -> FitResult:
    if not len(held.values):
        return _unwatched(backend, settings, part)
    keeper = BestWeights(patience=settings.patience)
    run, samples = _run(backend, settings, part, keeper, [Validation(held), keeper])
    facts = {"best_epoch": keeper.epoch + 1, "epochs_run": len(run.history), "stopped": run.stopped}
    return FitResult(backend, samples, run.history, keeper.best, facts)


def _unwatched(backend: Backend, settings: GradientSettings, part: _Part, epochs: int | None = None) -> FitResult:
    ending: list[Callback] = [] if epochs is None else [StopAfter(epochs)]
    run, samples = _run(backend, settings, part, BestWeights(), ending)
    return FitResult(backend, samples, run.history, None, {"epochs_run": len(run.history)})


def _run(
    backend: Backend, settings: GradientSettings, part: _Part, keeper: BestWeights, callbacks: list[Callback]
) -> tuple[Run, Sequence[State]]:
    """Train, from a checkpoint if there is one. `keeper` is among the callbacks if there is a validation error."""
    snapshots = Snapshots(schedules.cycles_within(settings.epochs, settings.cycle_epochs, settings.cycle_growth))
    if settings.snapshots:
        callbacks = [*callbacks, snapshots]
    saved = None
    if settings.checkpoint:
        folder = Path(settings.checkpoint) / part.task.replace(" ", "-")
        about = identity(part.ratings, settings.to_json(), part.seed)
        if saved := read_checkpoint(folder, about):
            backend.restore(saved.states["now"])
            saved.give_back(keeper, snapshots)
        callbacks = [*callbacks, Checkpoint(folder, about, keeper, snapshots)]
    before, stopped = (saved.history, saved.stopped) if saved else ([], "")
    callbacks = [*callbacks, Reporting(part.progress, part.task)]
    run = learner.fit(
        backend, training_plan(settings), seed=part.seed, callbacks=callbacks, history=before, stopped=stopped
    )
    return run, snapshots.states or [backend.state()]
