"""Continuing a model: its last sample becomes the state of the chain, and its samples are kept with the new ones."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError, SettingsError
from penchant.models.rows import Floats
from penchant.models.scorers import DotScorer
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.training.bayes.chain import Chain
from penchant.training.bayes.posterior import units_of
from penchant.training.bayes.preprocessing import PreprocessedRatings
from penchant.training.bayes.settings import BayesSettings
from penchant.training.resume import check_resume

_SAMPLING = {"samples", "thin", "burn_in", "chains", "budget"}


HELD_BACK_NOISE = "held_back_noise"
"""The fact of a model that says how noisy held-back ratings were, as a standard deviation; see `HeldRatings`."""


def check_resumable(model: TrainedModel, ratings: Ratings, settings: BayesSettings) -> None:
    """Raise unless the model has this kind, these ratings and these settings; the number of samples may differ."""
    check_resume(model, "bayes")
    ours = {name: value for name, value in settings.to_json().items() if name not in _SAMPLING}
    theirs = {name: value for name, value in model.settings.items() if name not in _SAMPLING}
    if ours != theirs:
        names = sorted(name for name in ours if ours[name] != theirs.get(name))
        raise SettingsError(f"the model was trained with other {', '.join(names)}", where="resume", remedy="Give those")
    if settings.chains != 1:
        raise SettingsError("only one chain can be continued", where="resume", remedy="Leave chains at 1")
    now, before = ratings.by_user(), model.interactions.by_item_number()
    same = all(np.array_equal(getattr(now, name), getattr(before, name)) for name in ("starts", "numbers", "values"))
    if not same:
        raise DataError("the model was trained on other ratings", where="resume", remedy="Train a new one")


def continued(chain: Chain, model: TrainedModel, prepared: PreprocessedRatings) -> None:
    """Start the chain from the model's last sample."""
    for side, known, own in ((chain.users, model.users, prepared.users), (chain.items, model.items, prepared.items)):
        units = units_of(prepared, side.rows.shape[1])
        rows = np.concatenate([known.bias[-1, :, None], known.vectors[-1]], axis=1)
        side.rows = (rows[own.active] / units).astype(np.float32)
        side.mean = known.prior.mean[-1].astype(np.float64) / units
        side.precision = known.prior.precision_for(0)[-1] * np.outer(units, units)
    for level, known_level in zip(
        chain.temporal_bias, model.temporal_bias.levels if model.temporal_bias else (), strict=True
    ):
        level.biases = known_level.biases[-1].astype(np.float64) / prepared.deviation
        level.precision = float(prepared.deviation**2 / known_level.variance[-1])
    cutpoints = _scorer_of(model).cutpoints
    if chain.latent is not None and cutpoints is not None:
        chain.latent.cutpoints = cutpoints[-1].astype(np.float64)
        unexplained = chain.users.solver.residuals(chain.users.rows, chain.items.rows, chain.latent.values)
        chain.latent.draw_values((chain.latent.values - unexplained).astype(np.float64), chain.rng)
        return
    chain.alpha = float((prepared.deviation / model.noise[-1]) ** 2)
    if HELD_BACK_NOISE in model.facts:
        chain.noise = float((model.facts[HELD_BACK_NOISE] / prepared.deviation) ** 2)


def concatenated(first: TrainedModel, second: TrainedModel) -> TrainedModel:
    """One model with the samples of both."""
    share = first.samples / (first.samples + second.samples)
    shown = [*first.history, *({**metrics, "sample": metrics["sample"] + first.samples} for metrics in second.history)]
    return replace(
        second,
        scorer=_concatenated_scorer(_scorer_of(first), _scorer_of(second)),
        users=_concatenated_side(first.users, second.users, share),
        items=_concatenated_side(first.items, second.items, share),
        noise=np.concatenate([first.noise, second.noise]),
        history=shown,
    )


def _scorer_of(model: TrainedModel) -> DotScorer:
    return cast(DotScorer, model.scorer)  # a bayes model has no other scorer


def _concatenated_scorer(a: DotScorer, b: DotScorer) -> DotScorer:
    cuts = None
    if a.cutpoints is not None and b.cutpoints is not None:
        cuts = np.concatenate([a.cutpoints, b.cutpoints])
    return replace(b, mean=np.concatenate([a.mean, b.mean]), cutpoints=cuts)


def _concatenated_side(a: Side, b: Side, share: float) -> Side:
    both: Floats | None = None
    if a.variance is not None and b.variance is not None:
        both = (share * a.variance + (1 - share) * b.variance).astype(np.float32)
    return replace(
        b,
        bias=np.concatenate([a.bias, b.bias]),
        vectors=np.concatenate([a.vectors, b.vectors]),
        prior=a.prior.concatenated(b.prior),
        variance=both,
    )
