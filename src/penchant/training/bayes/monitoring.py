"""Monitoring chains: the validation error during sampling, and convergence metrics at the end."""

from __future__ import annotations

from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.progress import Progress
from penchant.metrics.rating_error import rmse
from penchant.training.bayes.chain import Chain, Sample
from penchant.training.bayes.conditionals import Array
from penchant.training.bayes.convergence import effective_samples, split_r_hat
from penchant.training.bayes.posterior import scorer_of
from penchant.training.bayes.preprocessing import PreprocessedRatings
from penchant.training.row_solver import Floats

PAIRS = 100
"""The number of training pairs whose predictions are recorded in each sweep."""

AGREED = 1.1
"""If the median R-hat of the recorded predictions is above this, the chains have not converged."""


class ConvergenceMonitor:
    """Records predictions and metrics of all chains. history: one mapping of metrics for each kept sample."""

    def __init__(self, ratings: Ratings, prepared: PreprocessedRatings, validation: Ratings | None) -> None:
        self.prepared, self.validation, self.scale = prepared, validation, ratings.scale
        self.history: list[dict[str, float]] = []
        self.traces: list[list[Array]] = []
        entries = prepared.users.entries
        picked = np.linspace(0, len(entries.values) - 1, min(PAIRS, len(entries.values))).astype(np.int64)
        self.pairs = np.searchsorted(entries.starts, picked, side="right") - 1, entries.numbers[picked]
        if validation is not None:
            self.total = np.zeros(len(validation))
            self.at = [
                _place(side.active, numbers)
                for side, numbers in (
                    (prepared.users, validation.user_numbers),
                    (prepared.items, validation.item_numbers),
                )
            ]

    def chain(self, number: int) -> ChainMonitor:
        """The monitor of the next chain."""
        self.traces.append([])
        return ChainMonitor(self, number)

    def validation_error(self, sample: Sample) -> float:
        """The RMSE, on the validation ratings, of the mean prediction of all kept samples up to this one."""
        assert self.validation is not None
        rows = [
            np.concatenate([own, mean[None].astype(np.float32)])[at]
            for own, mean, at in zip((sample.users, sample.items), sample.means, self.at, strict=True)
        ]
        scores = self.prepared.mean + self.prepared.deviation * _predictions(*rows)
        self.total += scorer_of(self.prepared, [sample]).linked(scores[None].astype(np.float32))[0]
        expected = self.scale.clip(self.total / (len(self.history) + 1))
        return float(rmse(self.validation.values, expected))

    def facts(self, progress: Progress) -> dict[str, Any]:
        """Split R-hat and effective sample size of the recorded predictions; a note if chains have not converged."""
        length = min((len(trace) for trace in self.traces), default=0)
        if length < 4:
            return {"recorded_sweeps": length * len(self.traces)}
        values = np.stack([np.stack(trace[:length]) for trace in self.traces])
        r_hat, effective = split_r_hat(values), effective_samples(values)
        facts = {
            "chains": len(self.traces),
            "recorded_sweeps": length * len(self.traces),
            "r_hat": float(np.median(r_hat)),
            "r_hat_worst": float(r_hat.max()),
            "effective_samples": float(np.median(effective)),
            "effective_samples_least": float(effective.min()),
        }
        progress.note(
            f"{facts['recorded_sweeps']} sweeps: split R-hat {facts['r_hat']:.3f} (worst {facts['r_hat_worst']:.2f}), "
            f"effective samples {facts['effective_samples']:.0f} (least {facts['effective_samples_least']:.0f})"
        )
        if facts["r_hat"] > AGREED:
            progress.note("The chains have not converged: raise burn_in or samples, or continue this model with resume")
        return facts


class ChainMonitor:
    """Records predictions and metrics of one chain."""

    def __init__(self, all_chains: ConvergenceMonitor, number: int) -> None:
        self.all_chains, self.number = all_chains, number

    def in_units(self, error: float) -> float:
        """An error of standardised ratings in rating units."""
        return error * self.all_chains.prepared.deviation

    def record(self, chain: Chain) -> None:
        """Record the predictions of the monitored pairs after a sweep."""
        users, items = self.all_chains.pairs
        self.all_chains.traces[self.number].append(_predictions(chain.users.rows[users], chain.items.rows[items]))

    def metrics(self, sample: Sample, train_error: float) -> dict[str, float]:
        """The metrics of a kept sample."""
        metrics = {"sample": float(len(self.all_chains.history) + 1), "train_rmse": train_error}
        if self.all_chains.validation is not None:
            metrics["validation_rmse"] = self.all_chains.validation_error(sample)
        self.all_chains.history.append(metrics)
        return metrics


def _predictions(users: Floats, items: Floats) -> Array:
    scores: Array = (users[:, 1:] * items[:, 1:]).sum(axis=1, dtype=np.float64) + users[:, 0] + items[:, 0]
    return scores


def _place(active: Any, numbers: Any) -> Any:
    """The position of each number among the active ones; `len(active)` for a number that is not active."""
    at = np.searchsorted(active, numbers)
    known = (at < len(active)) & (active[np.minimum(at, len(active) - 1)] == numbers)
    return np.where(known, at, len(active))
