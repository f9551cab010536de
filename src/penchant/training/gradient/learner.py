"""The training loop over epochs and steps, for every model and backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from penchant.data.epoch_order import steps_in
from penchant.foundations.errors import TrainingDivergedError
from penchant.training.gradient.backend import Backend
from penchant.training.gradient.events import Callback, Run, TrainingPlan
from penchant.training.gradient.schedules import rates


def fit(
    backend: Backend,
    plan: TrainingPlan,
    *,
    seed: int,
    callbacks: Sequence[Callback] = (),
    history: Sequence[Mapping[str, float]] = (),
    stopped: str = "",
) -> Run:
    """Train with `backend` as planned, from the epoch after the last one in `history`.

    stopped: why an earlier part of the run ended, or ""; then no epoch is run. seed: with the number of the epoch, it
    determines everything random. Raises TrainingDivergedError if a loss is not finite, after callbacks got fit_ends.
    """
    run = Run(plan, backend, seed, list(history), stopped=stopped)
    for callback in callbacks:
        callback.fit_begins(run)
    try:
        for epoch in range(len(run.history), plan.epochs):
            if run.stopped:
                break
            _epoch(run, epoch, callbacks)
    finally:
        for callback in callbacks:
            callback.fit_ends(run)
    return run


def _epoch(run: Run, epoch: int, callbacks: Sequence[Callback]) -> None:
    for callback in callbacks:
        callback.epoch_begins(run, epoch)
    run.backend.begin(run.seed, epoch)
    steps = run.steps_per_epoch
    losses = np.empty(steps)
    stride = run.plan.stride or steps
    for first in range(0, steps, stride):
        span = slice(first, min(first + stride, steps))
        losses[span] = _steps(run, epoch * steps, span, callbacks)
        if run.stopped:
            losses = losses[: span.stop]
            break
    metrics = {"epoch": epoch + 1.0, "train_loss": _mean_loss(losses, run.backend), "learning_rate": run.rates[-1]}
    for callback in callbacks:
        callback.epoch_ends(run, epoch, metrics)
    run.history.append(metrics)


def _steps(run: Run, before: int, span: slice, callbacks: Sequence[Callback]) -> NDArray[np.float64]:
    count = span.stop - span.start
    speeds = rates(run.plan.curve, run.plan.learning_rate, before + span.start, count, run.total_steps)
    losses = run.backend.advance(span.start, speeds)
    run.rates.extend(speeds.tolist())
    run.losses.extend(losses.tolist())
    if not np.isfinite(losses).all():
        bad = int(np.argmin(np.isfinite(losses)))
        raise diverged(before + span.start + bad, float(speeds[bad]))
    for callback in callbacks:
        callback.steps_end(run, before + span.start, losses)
    return losses


def diverged(step: int, rate: float) -> TrainingDivergedError:
    """The error for a loss that is not finite."""
    return TrainingDivergedError(
        f"the loss stopped being a finite number at step {step}, learning rate {rate:.3g}",
        remedy=f"Try a learning rate of {rate / 10:.1g}, clip the gradients (clip=1.0), or a gentler schedule",
    )


def _mean_loss(losses: NDArray[np.float64], backend: Backend) -> float:
    """The mean loss over ratings; an incomplete last batch has the weight of its size."""
    sizes = np.full(len(losses), backend.batch_size)
    if len(losses) == steps_in(backend.rows, backend.batch_size):
        sizes[-1] = backend.rows - backend.batch_size * (len(losses) - 1)
    return float(np.average(losses, weights=sizes))
