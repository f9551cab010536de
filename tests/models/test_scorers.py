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
    """Of two inferred rows, one or none; the product of two uncertain vectors adds a term of its own."""
    trained, rng = made(samples=1), np.random.default_rng(5)
    samples, width = 200_000, 3
    spread = np.stack([f @ f.T for f in rng.normal(size=(2, width, width)) * 0.8])
    means = [Rows(np.zeros((1, 1), np.float32), np.full((1, 1, width - 1), mean, np.float32)) for mean in (0.5, -0.5)]
    unsure = [
        Rows(one.bias, one.vectors, c[None, None].astype(np.float32)) for one, c in zip(means, spread, strict=True)
    ]
    drawn = [rng.multivariate_normal(one.joined[0, 0], c, size=samples) for one, c in zip(means, spread, strict=True)]
    fixed = [np.broadcast_to(one.joined[0, 0], (samples, width)) for one in means]
    for first, second in ((0, 0), (0, 1), (1, 0), (1, 1)):
        p, q = (fixed[0], drawn[0])[first], (fixed[1], drawn[1])[second]
        simulated = p[:, 0] + q[:, 0] + (p[:, 1:] * q[:, 1:]).sum(axis=1) + rng.normal(size=samples)
        said = score_pairs(trained, (means[0], unsure[0])[first], (means[1], unsure[1])[second]).std[0]
        assert said == pytest.approx(simulated.std(), rel=0.01), (first, second)


def test_predictions_are_clipped_and_tables_are_not() -> None:
    trained = made(DotScorer(np.full(3, 40, np.float32)))
    some = np.arange(4)
    assert score_pairs(trained, trained.users.rows(some), trained.items.rows(some)).mean.max() <= 5
    assert score_table(trained, trained.users.rows(some)).max() > 5
