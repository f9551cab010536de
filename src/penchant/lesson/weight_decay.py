"""Two forms of weight decay: L2 inside Adam's slopes, and AdamW's, which acts on the parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.rng import generator
from penchant.foundations.settings import Settings, setting
from penchant.lesson.display import Summarized, Table
from penchant.lesson.optimizers import Adam, AdamW, Array, minimize


@dataclass(frozen=True)
class SweepSettings(Settings):
    """A synthetic table of ratings, and the training of a factor model on a part of it."""

    users: int = setting(60, "rows of the synthetic table", low=2)
    items: int = setting(40, "columns of the synthetic table", low=2)
    share: float = setting(0.35, "about the share of training cells, higher for active users", above=0)
    noise: float = setting(0.4, "the standard deviation of the noise", low=0)
    factors: int = setting(6, "the width of the model; the truth has 2", low=1)
    batch: int = setting(64, "ratings in a step", low=1)
    steps: int = setting(400, "steps of a run", low=1)
    seed: int = setting(0, "of the table, the initial values and the batches", low=0)


@dataclass(frozen=True, repr=False)
class Sweep(Summarized):
    """Test RMSE over learning rates and decays.

    learning_rates: (R,). l2_decays, adamw_decays: (D,): L2's decay is a weight in the loss, AdamW's a share for each
    unit of rate. l2, adamw: (R, D). zero: the RMSE of predicting 0 for every cell. noise: the lowest possible RMSE.
    """

    learning_rates: Array
    l2_decays: Array
    adamw_decays: Array
    l2: Array
    adamw: Array
    zero: float
    noise: float

    def summary(self) -> str:
        return f"best test RMSE {self.l2.min():.3f} with L2, {self.adamw.min():.3f} with AdamW"

    def table(self) -> Table:
        grids = {"L2": (self.l2_decays, self.l2), "AdamW": (self.adamw_decays, self.adamw)}
        rows = [
            (name, float(rate), float(decay), float(grid[r, d]))
            for name, (decays, grid) in grids.items()
            for r, rate in enumerate(self.learning_rates)
            for d, decay in enumerate(decays)
        ]
        return ("kind", "learning rate", "decay", "test RMSE"), rows


LEARNING_RATES = (0.003, 0.01, 0.03, 0.1)
L2_DECAYS = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
ADAMW_DECAYS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
_ADAM = Adam(beta1=0.9, beta2=0.999, bias_correction=True)
_ADAMW = AdamW(beta1=0.9, beta2=0.999, bias_correction=True)


def sweep(settings: SweepSettings | None = None) -> Sweep:
    """Train once for every form, rate and decay, and test on the cells that were left out."""
    settings = settings or SweepSettings()
    table, seen = synthetic_table(settings)
    grids = []
    for kind, decays in (("l2", L2_DECAYS), ("adamw", ADAMW_DECAYS)):
        runs = [[_one_run(table, seen, settings, kind, rate, decay) for decay in decays] for rate in LEARNING_RATES]
        grids.append(np.array(runs))
    zero = float(np.sqrt((table[~seen] ** 2).mean()))
    axes = (np.array(LEARNING_RATES), np.array(L2_DECAYS), np.array(ADAMW_DECAYS))
    return Sweep(*axes, l2=grids[0], adamw=grids[1], zero=zero, noise=settings.noise)


def synthetic_table(settings: SweepSettings) -> tuple[Array, NDArray[np.bool_]]:
    """Products of two true factors plus noise, (U, I), and which cells are for training."""
    rng = generator(settings.seed)
    truth = rng.normal(size=(settings.users, 2)) @ rng.normal(size=(2, settings.items))
    active, popular = rng.pareto(1.5, size=settings.users) + 0.3, rng.pareto(1.5, size=settings.items) + 0.3
    chance = np.outer(active, popular)
    chance = np.clip(chance / chance.mean() * settings.share, 0.02, 0.9)
    return truth + settings.noise * rng.normal(size=truth.shape), rng.random(truth.shape) < chance


def _one_run(
    table: Array, seen: NDArray[np.bool_], settings: SweepSettings, kind: str, rate: float, decay: float
) -> float:
    """The test RMSE after one training run."""
    start = generator(settings.seed).normal(0, 0.3, (sum(table.shape), settings.factors)).ravel()
    slopes = _batch_slopes(table, seen, settings)
    if kind == "l2":
        optimizer, in_slopes = dataclasses.replace(_ADAM, learning_rate=rate), decay
    else:
        optimizer, in_slopes = dataclasses.replace(_ADAMW, learning_rate=rate, weight_decay=decay), 0.0
    path, _ = minimize(optimizer, lambda _: 0.0, slopes, start, steps=settings.steps, weight_decay=in_slopes)
    vectors = path[-1].reshape(-1, settings.factors)
    errors = (vectors[: len(table)] @ vectors[len(table) :].T - table)[~seen]
    return float(np.sqrt((errors**2).mean()))


def _batch_slopes(table: Array, seen: NDArray[np.bool_], settings: SweepSettings) -> Callable[[Array], Array]:
    """The mean squared error's slopes on a new batch at every call."""
    rng = generator(settings.seed + 1)
    users, items = np.nonzero(seen)
    values = table[seen]

    def slopes(flat: Array) -> Array:
        batch = rng.integers(0, len(values), settings.batch)
        vectors = flat.reshape(-1, settings.factors)
        at_users, at_items = users[batch], items[batch] + len(table)
        errors = (vectors[at_users] * vectors[at_items]).sum(axis=1) - values[batch]
        share = (2 * errors / len(batch))[:, None]
        gradient = np.zeros_like(vectors)
        np.add.at(gradient, at_users, share * vectors[at_items])
        np.add.at(gradient, at_items, share * vectors[at_users])
        return gradient.ravel()

    return slopes


def remaining_weight(slope_sizes: Array, *, decay: float, rate: float, steps: int, seed: int) -> tuple[Array, Array]:
    """What weight decay alone leaves of weights that start at 1, (W,) for L2 in Adam and (W,) for AdamW.

    slope_sizes: (W,) each weight gets slopes of this size and random sign, with mean zero, so that only the decay moves
    it on average. Both forms use the same `decay`.
    """
    sizes = np.repeat(np.asarray(slope_sizes, dtype=np.float64), 200)  # 200 weights of each size, averaged
    left = []
    for kind in ("l2", "adamw"):
        rng = generator(seed)
        optimizer = _ADAM if kind == "l2" else dataclasses.replace(_ADAMW, weight_decay=decay)
        path, _ = minimize(
            dataclasses.replace(optimizer, learning_rate=rate),
            lambda _: 0.0,
            lambda at, rng=rng: sizes * rng.choice([-1.0, 1.0], len(at)),
            np.ones(len(sizes)),
            steps=steps,
            weight_decay=decay if kind == "l2" else 0.0,
        )
        left.append(path[-1].reshape(len(slope_sizes), -1).mean(axis=1))
    return left[0], left[1]
