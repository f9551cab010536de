"""Bayesian matrix factorisation by Gibbs sampling: chains, kept samples, and a TrainedModel with a sample axis.

The model is that of Salakhutdinov and Mnih 2008 (BPMF), with a bias as the first number of every row. Features enter as
in Simm et al. 2017 (Macau), histories as in Koren 2008 (SVD++), and the noise precision of each user as in
Lakshminarayanan, Bouchard and Archambeau 2011.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.threads import limit_blas
from penchant.models.trained import TrainedModel
from penchant.training.bayes.chain import Chain, Sample
from penchant.training.bayes.held_ratings import LARGE, held_ratings
from penchant.training.bayes.monitoring import ChainMonitor, ConvergenceMonitor
from penchant.training.bayes.ordered_latent import OrderedLatent
from penchant.training.bayes.posterior import to_trained_model
from penchant.training.bayes.preprocessing import PreprocessedRatings, prepare
from penchant.training.bayes.sampled_side import SampledSide
from penchant.training.bayes.settings import BayesSettings
from penchant.training.bayes.temporal_bias_sampler import temporal_bias_levels
from penchant.training.bayes.warm_start import HELD_BACK_NOISE, check_resumable, concatenated, continued
from penchant.training.feature_maps import completed
from penchant.training.row_solver import ThreadTeam

SPREADS = 6
"""The number of samples of a chain for which the variance left out by the conditional means is computed."""


def train(
    ratings: Ratings,
    settings: BayesSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Train by Gibbs sampling. resume: a model whose chain is continued; its samples are kept.

    An interrupt or the end of the budget ends the sampling and keeps the samples so far. Raises DataError without
    ratings, or if `resume` was trained on other ratings, and SettingsError if it has other settings.
    """
    started = time.monotonic()
    if not len(ratings):
        raise DataError("there are no ratings to train on")
    if resume is not None:
        check_resumable(resume, ratings, settings)
    progress = progress or Silent()
    factors = settings.factors or (resume.users.factors if resume else factors_for(len(ratings)))
    thin = settings.thin or thin_for(len(ratings))
    if settings.factors is None:
        progress.note(f"bayes: {factors} factors and {thin} sweeps a sample for {len(ratings):,} ratings")
    with ThreadTeam() as team, limit_blas(1):
        prepared = prepare(ratings, settings, team)
        monitor = ConvergenceMonitor(ratings, prepared, validation)
        schedule = Schedule(settings, factors, thin, started)
        samples, noise = _sample(prepared, schedule, team, rng, monitor, progress, resume)
    facts = {"factors": factors, "thin": thin, **monitor.facts(progress)}
    if noise is not None:
        facts[HELD_BACK_NOISE] = noise**0.5 * prepared.deviation
    model = to_trained_model(ratings, prepared, settings, samples, monitor.history, facts)
    samples.clear()  # the model has copies; of large tables they are gigabytes
    return completed(model if resume is None else concatenated(resume, model), use_features=settings.use_features)


FACTORS = ((0, 16), (120_000, 32), (160_000, 64))
"""The number of factors from a number of ratings on, after `benchmarks/rank_by_size.py`.

From 160,000 ratings on, 64 are within 0.001 RMSE of the best of 16, 32 and 64. Below 120,000 no rank is best
everywhere: more than 16 gain at most 0.0028, lose as often, and take several times as long.
"""

BURN_IN_SHARE = 0.25
"""The share of a chain's part of the budget after which its burn-in ends at the latest."""


def factors_for(ratings: int) -> int:
    """The number of factors for a table of this many ratings: more ratings tell more of a user and an item."""
    return next(factors for least, factors in reversed(FACTORS) if ratings >= least)


def thin_for(ratings: int) -> int:
    """The sweeps from one kept sample to the next.

    Tables that are not large get twice the sweeps. That lowers their RMSE by 0.001 on average
    (`benchmarks/sweeps.py`), and a sweep of them takes little time.
    """
    return 4 if ratings < LARGE else 2


@dataclass(frozen=True)
class Schedule:
    """The settings, what follows from the table, and the time at which training started."""

    settings: BayesSettings
    factors: int
    thin: int
    started: float

    def spent(self, share: float) -> bool:
        """Whether this share of the budget is used up."""
        budget = self.settings.budget
        return budget is not None and time.monotonic() - self.started > share * budget


def _sample(
    prepared: PreprocessedRatings,
    schedule: Schedule,
    team: ThreadTeam,
    rng: np.random.Generator,
    monitor: ConvergenceMonitor,
    progress: Progress,
    resume: TrainedModel | None,
) -> tuple[list[Sample], float | None]:
    """The samples of all chains, and the variance of the noise that held-back ratings showed to the last of them."""
    samples: list[Sample] = []
    settings, noise = schedule.settings, None
    try:
        for number, own_rng in enumerate(rng.spawn(settings.chains)):
            if samples and schedule.spent(1.0):
                break
            chain = _started(prepared, schedule, team, own_rng)
            if resume is not None:
                continued(chain, resume, prepared)
            _run(chain, 0 if resume else settings.burn_in, schedule, samples, monitor.chain(number), progress)
            noise = chain.noise
    except KeyboardInterrupt:
        if not samples:
            raise
        progress.note(f"interrupted: {len(samples)} samples are kept")
    if len(samples) < settings.samples * settings.chains and schedule.spent(1.0):
        progress.note(f"the budget of {settings.budget:.0f} s is used up: {len(samples)} samples are kept")
    return samples, noise


def _started(prepared: PreprocessedRatings, schedule: Schedule, team: ThreadTeam, rng: np.random.Generator) -> Chain:
    width = schedule.factors + 1
    users, items = (
        SampledSide(side.entries, width, [block.fresh() for block in side.blocks], team, rng)
        for side in (prepared.users, prepared.items)
    )
    temporal_bias = None
    if prepared.times is not None:
        entries = prepared.users.entries
        owners = np.repeat(prepared.users.active, entries.counts).astype(np.int32)
        temporal_bias = temporal_bias_levels(owners, prepared.times)
    latent = None
    if prepared.codes is not None and prepared.levels is not None:
        latent = OrderedLatent(prepared.codes, len(prepared.levels), rng)
    return Chain(
        users,
        items,
        user_noise=schedule.settings.user_noise,
        rng=rng,
        temporal_bias=temporal_bias,
        latent=latent,
        levels=prepared.levels,
    )


def _run(
    chain: Chain,
    burn_in: int,
    schedule: Schedule,
    samples: list[Sample],
    monitor: ChainMonitor,
    progress: Progress,
) -> None:
    """Run the chain, and append every thin-th sample after the burn-in; at least one, however small the budget."""
    settings, number = schedule.settings, monitor.number
    progress.start(f"chain {number + 1} of {settings.chains}", total=burn_in + settings.samples * schedule.thin)
    if burn_in:
        _burn_in(chain, burn_in, schedule, monitor, progress)
    every = max(1, settings.samples // SPREADS)
    for kept in range(settings.samples):
        for _ in range(schedule.thin):
            train_error = monitor.in_units(chain.sweep())
            monitor.record(chain)
            progress.step({"train_rmse": train_error}, advance=1)
        samples.append(chain.keep(spread=kept % every == 0))
        progress.step(monitor.metrics(samples[-1], train_error), advance=0)
        if schedule.spent((number + 1) / settings.chains):
            break


def _burn_in(chain: Chain, sweeps: int, schedule: Schedule, monitor: ChainMonitor, progress: Progress) -> None:
    """The sweeps before the first kept sample. Some ratings are held back, and tell the noise of a rating."""
    held = held_ratings(len(chain.users.solver.entries.values), chain.rng) if chain.latent is None else None
    chain.held = held
    for number in range(sweeps):
        progress.step({"train_rmse": monitor.in_units(chain.sweep())})
        if held is not None and number < sweeps // 2:
            held.forget()
        if schedule.spent((monitor.number + BURN_IN_SHARE) / schedule.settings.chains):
            break
    chain.held, chain.noise = None, None if held is None else held.noise
