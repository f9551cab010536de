"""From settings to trained parameters: hold out, stop early, and train again on everything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.progress import Progress
from penchant.foundations.rng import spawn_seeds
from penchant.training.gradient import learner, schedules
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
        return _watched(build(ratings), Held.of(validation, ratings), settings, seed, progress, "training")
    held = int(len(ratings) * settings.validation_share)
    if not settings.patience or held < _FEWEST_HELD:
        return _unwatched(build(ratings), settings, seed, progress)
    rows = rng.permutation(len(ratings))
    kept, aside = ratings.take(np.sort(rows[held:])), ratings.take(np.sort(rows[:held]))
    found = _watched(build(kept), Held.of(aside, ratings), settings, seed, progress, "looking for the best epoch")
    if not settings.refit:
        return found
    final = _unwatched(build(ratings), settings, seed, progress, found.facts["best_epoch"])
    return Learnt(final.road, final.draws, found.history, found.rmse, found.facts | {"refit": True})


def _watched(road: Road, held: Held, settings: GradientSettings, seed: int, progress: Progress, task: str) -> Learnt:
    if not len(held.values):
        return _unwatched(road, settings, seed, progress)
    best = BestWeights(patience=settings.patience)
    run, draws = _run(road, settings, seed, [Validation(held), best, Reporting(progress, task)])
    facts = {"best_epoch": best.epoch + 1, "epochs_run": len(run.history), "stopped": run.stopped}
    return Learnt(road, draws, run.history, best.best, facts)


def _unwatched(
    road: Road, settings: GradientSettings, seed: int, progress: Progress, epochs: int | None = None
) -> Learnt:
    ending: list[Callback] = [] if epochs is None else [StopAfter(epochs)]
    run, draws = _run(road, settings, seed, [*ending, Reporting(progress, "training")])
    return Learnt(road, draws, run.history, None, {"epochs_run": len(run.history)})


def _run(road: Road, settings: GradientSettings, seed: int, callbacks: list[Callback]) -> tuple[Run, Sequence[State]]:
    keep = Snapshots(schedules.cycles_within(settings.epochs, settings.cycle_epochs, settings.cycle_growth))
    if settings.snapshots:
        callbacks = [*callbacks, keep]
    run = learner.fit(road, plan_of(settings), seed=seed, callbacks=callbacks)
    return run, keep.states or [road.state()]
