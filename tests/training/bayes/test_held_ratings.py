"""Ratings held back while a chain burns in keep the noise where vectors could explain every rating."""

import numpy as np
import pytest

import penchant as pt
from penchant.data.synthetic import synthetic
from penchant.training.bayes import gibbs
from penchant.training.bayes.conditionals import noise_precision
from penchant.training.bayes.held_ratings import NOISE, HeldRatings, held_ratings
from penchant.training.bayes.warm_start import HELD_BACK_NOISE
from penchant.training.registry import train

SPARSE = synthetic(users=300, items=2000, ratings=6000, factors=2, scale=(0.5, 5.0, 0.5), seed=3).ratings


def test_the_rows_do_not_learn_from_them_and_their_errors_are_averaged_before_they_are_squared() -> None:
    held = HeldRatings(1000, np.random.default_rng(0))
    out = np.flatnonzero(held.weights == 0)
    assert len(out) == 50 and set(np.unique(held.weights)) == {0.0, 1.0}
    assert held.noise is None
    for error in (3.0, -1.0):
        held.record(np.where(held.weights == 0, error, 100.0))
    assert held.noise == pytest.approx(NOISE)
    held.forget()
    assert held.noise is None


def test_tables_that_are_too_small_or_large_hold_nothing_back() -> None:
    rng = np.random.default_rng(0)
    assert held_ratings(1999, rng) is None
    assert held_ratings(160_000, rng) is None
    assert held_ratings(2000, rng) is not None


def test_a_known_noise_counts_as_much_as_the_ratings() -> None:
    rng = np.random.default_rng(0)
    drawn = [noise_precision(100.0, 400, rng, 0.75) for _ in range(2000)]
    assert np.mean(drawn) == pytest.approx(1 / 0.5, rel=0.02)  # residuals of variance 0.25, and 0.75 from elsewhere


def test_a_long_chain_of_a_sparse_table_does_not_fit_its_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    split = pt.split.random(SPARSE, test=0.2, seed=0)
    how = {"factors": 16, "samples": 30, "thin": 1, "burn_in": 200, "seed": 0}
    model = train(split.train, "bayes", **how)
    again = train(split.train, "bayes", **how | {"burn_in": 0}, resume=model)
    monkeypatch.setattr(gibbs, "held_ratings", lambda *_: None)
    free = train(split.train, "bayes", **how)
    assert HELD_BACK_NOISE not in free.facts
    assert again.noise[-1] > 0.7 * model.facts[HELD_BACK_NOISE]
    assert free.noise[-1] < 0.8 * model.noise[-1]
