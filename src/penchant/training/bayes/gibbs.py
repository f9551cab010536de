"""Bayesian matrix factorisation by Gibbs sampling: chains, kept draws, and a TrainedModel with a draw axis.

Salakhutdinov and Mnih 2008 (BPMF), with biases as the first number of every row; side information as in Simm et al.
2017 (Macau); histories as in Koren 2008 (SVD++); a noise for every user as in Lakshminarayanan et al. 2011.
"""

from __future__ import annotations

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.threads import limit_blas
from penchant.models.trained import TrainedModel
from penchant.training.bayes.chain import Chain, Draw
from penchant.training.bayes.collecting import collected
from penchant.training.bayes.monitoring import Monitor, Watch
from penchant.training.bayes.occasion_biases import occasion_levels
from penchant.training.bayes.ordered_latent import OrderedLatent
from penchant.training.bayes.prepared import Prepared, prepare
from penchant.training.bayes.resuming import check_resumable, continued, joined
from penchant.training.bayes.sampled_side import SampledSide
from penchant.training.bayes.settings import BayesSettings
from penchant.training.rows import Crew

SPREADS = 6
"""How many of a chain's kept draws also measure what their conditional means leave out."""


def train(
    ratings: Ratings,
    settings: BayesSettings,
    *,
    rng: np.random.Generator,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: TrainedModel | None = None,
) -> TrainedModel:
    """Sample a model. An interrupt ends the sampling and keeps what is drawn; resume adds draws to an earlier model's.

    Raises DataError when there is too little to learn from, or when resume was trained on other ratings.
    """
    if not len(ratings):
        raise DataError("there are no ratings to learn from")
    if resume is not None:
        check_resumable(resume, ratings, settings)
    progress = progress or Silent()
    with Crew() as crew, limit_blas(1):
        prepared = prepare(ratings, settings, crew)
        watch = Watch(ratings, prepared, validation)
        draws = _sample(prepared, settings, crew, rng, watch, progress, resume)
    model = collected(ratings, prepared, settings, draws, watch.history, watch.facts(progress))
    return model if resume is None else joined(resume, model)


def _sample(
    prepared: Prepared,
    settings: BayesSettings,
    crew: Crew,
    rng: np.random.Generator,
    watch: Watch,
    progress: Progress,
    resume: TrainedModel | None,
) -> list[Draw]:
    draws: list[Draw] = []
    try:
        for number, own_rng in enumerate(rng.spawn(settings.chains)):
            chain = _started(prepared, settings, crew, own_rng)
            if resume is not None:
                continued(chain, resume, prepared)
            _run(chain, 0 if resume else settings.burn_in, settings, draws, watch.chain(number), progress)
    except KeyboardInterrupt:
        if not draws:
            raise
        progress.note(f"interrupted: {len(draws)} draws are kept")
    return draws


def _started(prepared: Prepared, settings: BayesSettings, crew: Crew, rng: np.random.Generator) -> Chain:
    width = settings.factors + 1
    users, items = (
        SampledSide(side.entries, width, [block.fresh() for block in side.blocks], crew, rng)
        for side in (prepared.users, prepared.items)
    )
    occasions = None
    if prepared.times is not None:
        entries = prepared.users.entries
        owners = np.repeat(prepared.users.active, entries.counts).astype(np.int32)
        occasions = occasion_levels(owners, prepared.times)
    latent = None
    if prepared.codes is not None and prepared.levels is not None:
        latent = OrderedLatent(prepared.codes, len(prepared.levels), rng)
    return Chain(
        users,
        items,
        user_noise=settings.user_noise,
        rng=rng,
        occasions=occasions,
        latent=latent,
        levels=prepared.levels,
    )


def _run(
    chain: Chain, burn_in: int, settings: BayesSettings, draws: list[Draw], monitor: Monitor, progress: Progress
) -> None:
    """Sweep, and append every thin-th draw after the burn-in."""
    progress.start(f"chain {monitor.number + 1} of {settings.chains}", total=burn_in + settings.draws * settings.thin)
    for _ in range(burn_in):
        progress.step({"train": monitor.in_units(chain.sweep())})
    every = max(1, settings.draws // SPREADS)
    for kept in range(settings.draws):
        for _ in range(settings.thin):
            train_error = monitor.in_units(chain.sweep())
            monitor.record(chain)
            progress.step({"train": train_error}, advance=1)
        draws.append(chain.keep(spread=kept % every == 0))
        progress.step(monitor.figures(draws[-1], train_error), advance=0)
