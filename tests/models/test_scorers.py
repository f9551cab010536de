"""Scorers: the sample axis, the stacked form, the links, and the variance of inferred rows."""

from __future__ import annotations

import numpy as np
import pytest

from made_models import made
from penchant.models.pair_predictions import score_pairs, score_table
from penchant.models.rows import Rows
from penchant.models.scorers import DotScorer, NetScorer, sigmoid

RNG = np.random.default_rng(5)


def rows(samples: int, count: int, width: int) -> Rows:
    return Rows(
        RNG.normal(size=(samples, count)).astype(np.float32),
        RNG.normal(size=(samples, count, width)).astype(np.float32),
    )


def slow_pairs(scorer: DotScorer, users: Rows, items: Rows) -> np.ndarray:
    out = np.zeros((scorer.samples, len(users)))
    for s in range(scorer.samples):
        for b in range(len(users)):
            dot = sum(float(p) * float(q) for p, q in zip(users.vectors[s, b], items.vectors[s, b], strict=True))
            out[s, b] = scorer.mean[s] + users.bias[s, b] + items.bias[s, b] + dot
    return out


def test_a_dot_scorer_scores_each_sample_with_its_own_rows() -> None:
    scorer, users, items = DotScorer(np.array([1, 2, 3], np.float32)), rows(3, 6, 4), rows(3, 6, 4)
    np.testing.assert_allclose(scorer.pairs(users, items), slow_pairs(scorer, users, items), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("link", ["identity", "sigmoid"])
def test_a_table_is_the_mean_over_samples_of_its_pairs(link: str) -> None:
    scorer = DotScorer(np.array([1, 2, 3], np.float32), link, 0.5, 5.5)  # type: ignore[arg-type]
    users, items = rows(3, 4, 2), rows(3, 5, 2)
    u, i = np.divmod(np.arange(20), 5)
    pairs = scorer.pairs(users.take(u), items.take(i)).mean(axis=0).reshape(4, 5)
    np.testing.assert_allclose(scorer.all_items(users, items), pairs, rtol=1e-4, atol=1e-5)


def test_an_ordered_probit_predicts_the_mean_of_its_levels() -> None:
    levels, cuts = np.array([1, 2, 4], np.float32), np.array([[-0.5, 0.7]], np.float32)
    scorer = DotScorer(np.zeros(1, np.float32), "ordered_probit", levels=levels, cutpoints=cuts)
    noise = np.random.default_rng(0).normal(size=400_000)
    for score in (-1.0, 0.0, 1.5):
        drawn = levels[np.searchsorted(cuts[0], score + noise)].mean()
        assert scorer.linked(np.array([[score]], np.float32))[0, 0] == pytest.approx(drawn, abs=0.01)


def test_a_net_scorer_equals_the_torch_network() -> None:
    weights = (RNG.normal(size=(5, 3)).astype(np.float32), RNG.normal(size=(3, 1)).astype(np.float32))
    biases = (RNG.normal(size=3).astype(np.float32), RNG.normal(size=1).astype(np.float32))
    scorer, users, items = NetScorer(weights, biases, 1, 5), rows(1, 4, 2), rows(1, 4, 3)
    joined = np.concatenate([users.vectors[0], items.vectors[0]], axis=1)
    plain = 1 + 4 * sigmoid(np.maximum(joined @ weights[0] + biases[0], 0) @ weights[1] + biases[1])[:, 0]
    np.testing.assert_allclose(scorer.pairs(users, items)[0], plain, rtol=1e-5)
    np.testing.assert_allclose(np.diag(scorer.all_items(users, items)), plain, rtol=1e-5)


def test_the_spread_of_inferred_rows_equals_that_of_a_simulation() -> None:
    trained = made(samples=1)
    samples, width = 200_000, 3
    factor = RNG.normal(size=(2, width, width)) * 0.4
    spread = np.stack([f @ f.T for f in factor])
    users, items = rows(1, 1, width - 1), rows(1, 1, width - 1)
    users = Rows(users.bias, users.vectors, spread[0][None, None].astype(np.float32))
    items = Rows(items.bias, items.vectors, spread[1][None, None].astype(np.float32))
    p = RNG.multivariate_normal(users.joined[0, 0], spread[0], size=samples)
    q = RNG.multivariate_normal(items.joined[0, 0], spread[1], size=samples)
    simulated = p[:, 0] + q[:, 0] + (p[:, 1:] * q[:, 1:]).sum(axis=1) + RNG.normal(size=samples)
    assert score_pairs(trained, users, items).std[0] == pytest.approx(simulated.std(), rel=0.02)


def test_predictions_are_clipped_and_tables_are_not() -> None:
    trained = made(DotScorer(np.full(3, 40, np.float32)))
    some = np.arange(4)
    assert score_pairs(trained, trained.users.rows(some), trained.items.rows(some)).mean.max() <= 5
    assert score_table(trained, trained.users.rows(some)).max() > 5
