"""The ordered-probit link: latent values inside their levels, recovered cut points, and the joint-distribution test."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy import stats

from made_ratings import low_rank, rmse_of
from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError, SettingsError
from penchant.models.scorers import DotScorer
from penchant.training.bayes.ordered_latent import SPREAD, OrderedLatent
from penchant.training.registry import train

QUICK = {"factors": 3, "samples": 25, "thin": 2, "burn_in": 40, "link": "ordered_probit"}


def halves(ratings: Ratings) -> Ratings:
    """The ratings rounded to half stars."""
    return dataclasses.replace(ratings, values=(np.round(2 * ratings.values) / 2).astype(np.float32))


def test_latent_values_are_truncated_normal() -> None:
    rng = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], 4000)
    latent = OrderedLatent(codes, 3, rng)
    latent.cutpoints = np.array([-0.5, 1.0])
    latent.draw_values(np.full(12_000, 0.3), rng)
    ends = [-np.inf, -0.5, 1.0, np.inf]
    for code in range(3):
        low, high = ends[code] - 0.3, ends[code + 1] - 0.3
        drawn = latent.values[codes == code] - 0.3
        assert stats.kstest(drawn, stats.truncnorm(low, high).cdf).pvalue > 1e-3


def test_scores_far_from_their_level_give_finite_latent_values() -> None:
    latent = OrderedLatent(np.array([0, 1, 1, 0]), 2, np.random.default_rng(0))
    latent.draw(np.array([40.0, -40.0, 1e3, -1e3]), np.random.default_rng(1))
    assert np.isfinite(latent.values).all()


def test_cut_points_are_recovered() -> None:
    rng = np.random.default_rng(1)
    scores, cutpoints = rng.normal(size=20_000), np.array([-1.0, 0.2, 1.5])
    codes = np.searchsorted(cutpoints, scores + rng.normal(size=20_000))
    latent = OrderedLatent(codes, 4, rng)
    drawn = []
    for sweep in range(300):
        latent.draw(scores, rng)
        drawn += [latent.cutpoints] if sweep >= 100 else []
    np.testing.assert_allclose(np.mean(drawn, axis=0), cutpoints, atol=0.06)


@pytest.mark.slow
def test_forward_and_successive_simulation_of_cut_points_agree() -> None:
    """Geweke 2004, for cut points and ratings given fixed scores."""
    rng = np.random.default_rng(2)
    scores = rng.normal(0, 2, 25)
    forward = np.sort(rng.normal(0, SPREAD, (40_000, 2)), axis=1)
    latent = OrderedLatent(np.zeros(25, np.int64), 3, rng)
    latent.cutpoints, successive = forward[0], []
    for _ in range(40_000):
        _rate(latent, scores, rng)
        latent.draw(scores, rng)
        successive.append(latent.cutpoints)
    for look in (np.tanh, lambda x: np.tanh(x / 3) ** 2, lambda x: np.tanh(np.diff(x, axis=1))):
        a, b = look(forward), look(np.array(successive))
        means = b.reshape(50, -1, b.shape[1]).mean(axis=1)
        z = (a.mean(0) - b.mean(0)) / np.sqrt(a.var(0) / len(a) + means.var(0, ddof=1) / 50)
        assert np.abs(z).max() < 4, z


def _rate(latent: OrderedLatent, scores: np.ndarray, rng: np.random.Generator) -> None:
    """New ratings from the current cut points."""
    latent.codes = np.searchsorted(latent.cutpoints, scores + rng.normal(size=len(scores)))
    latent._beside = [np.flatnonzero((latent.codes == c) | (latent.codes == c + 1)) for c in range(2)]


def test_half_star_ratings_are_learned_and_levels_are_saved(tmp_path) -> None:
    from penchant.models.saving import load_trained, save_trained

    world = halves(low_rank())
    known, hidden = world.take(np.arange(1200)), world.take(np.arange(1200, 1500))
    model = train(known, "bayes", **QUICK)
    assert isinstance(model.scorer, DotScorer)
    assert model.scorer.levels is not None
    assert model.scorer.levels.tolist() == np.arange(1, 5.5, 0.5).tolist()
    assert rmse_of(model, hidden) < 0.35
    loaded = load_trained(save_trained(model, tmp_path / "model"))
    assert rmse_of(loaded, hidden) == rmse_of(model, hidden)
    more = train(known, "bayes", resume=model, **(QUICK | {"samples": 5}))
    assert more.samples == 30
    assert rmse_of(more, hidden) < 0.35


def test_too_many_levels_and_temporal_bias_are_refused() -> None:
    with pytest.raises(DataError, match="distinct ratings"):
        train(low_rank(), "bayes", **QUICK)
    with pytest.raises(SettingsError, match="no temporal bias"):
        train(halves(low_rank()), "bayes", **(QUICK | {"temporal_bias": True}))
