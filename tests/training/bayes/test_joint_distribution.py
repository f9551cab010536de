"""Tests of the sampler's distribution.

Geweke 2004 (Getting it right: joint distribution tests of posterior simulators): drawing parameters from the prior and
data given them, and alternating the sampler with fresh data given its state, are two ways to draw from one joint
distribution. A wrong conditional makes them disagree.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.sparse import csr_array

from penchant.data.ratings import Grouped
from penchant.training.bayes import conditionals, feature_block
from penchant.training.bayes.chain import Chain
from penchant.training.bayes.conditionals import MEAN_ROWS, wishart
from penchant.training.bayes.feature_block import FeatureBlock
from penchant.training.bayes.sampled_side import SampledSide
from penchant.training.bayes.temporal_bias_sampler import TemporalBiasState, total_shift
from penchant.training.row_solver import ThreadTeam

USERS, ITEMS, WIDTH = 5, 4, 3
BY_USER, BY_ITEM = (
    axis.ravel().astype(np.int32) for axis in np.meshgrid(np.arange(USERS), np.arange(ITEMS), indexing="ij")
)
TIMES = (10 * BY_ITEM).astype(np.int64) + 100 * (BY_ITEM // 2)
FEATURES = csr_array(np.array([[1, 0], [1, 1], [0, 1], [0, 0.5]], np.float32))


def made_chain(rng: np.random.Generator, team: ThreadTeam) -> Chain:
    values = np.zeros(len(BY_USER), np.float32)
    users = SampledSide(Grouped.build(BY_USER, BY_ITEM, values, USERS), WIDTH, [], team, rng)
    block = FeatureBlock(FEATURES, 10, team)
    items = SampledSide(Grouped.build(BY_ITEM, BY_USER, values.copy(), ITEMS), WIDTH, [block], team, rng)
    order = users.solver.entries.rows
    temporal_bias = [TemporalBiasState(BY_USER[order], TIMES[order], span) for span in (100, 10)]
    return Chain(users, items, user_noise=True, rng=rng, temporal_bias=temporal_bias)


def sample_from_the_prior(chain: Chain, rng: np.random.Generator) -> None:
    for side in (chain.users, chain.items):
        side.precision = wishart(np.eye(WIDTH), WIDTH + conditionals.DEGREES, rng)
        root = np.linalg.inv(np.linalg.cholesky(side.precision))
        side.mean = rng.standard_normal(WIDTH) @ root / np.sqrt(MEAN_ROWS)
        for at, block in enumerate(side.blocks):
            block.strength = float(np.exp(rng.choice(feature_block._STRENGTHS)))
            noise = rng.standard_normal((len(block.singular), WIDTH))
            block.coordinates = noise @ root / np.sqrt(block.strength)
            side.shifts[at] = block.shift()
        side.rows = (side.prior_means() + rng.standard_normal(side.rows.shape) @ root).astype(np.float32)
    for level in chain.temporal_bias:
        level.precision = rng.gamma(1.0) / 0.02
        level.biases = rng.standard_normal(len(level.biases)) / np.sqrt(level.precision)
    chain.alpha = rng.gamma(1.0)
    chain.shape = float(rng.choice(conditionals._SHAPES))
    chain.factors = rng.gamma(chain.shape / 2, 2 / chain.shape, USERS)


def sample_ratings(chain: Chain, rng: np.random.Generator) -> None:
    users, items = chain.users.rows[BY_USER], chain.items.rows[BY_ITEM]
    expected = users[:, 0] + items[:, 0] + (users[:, 1:] * items[:, 1:]).sum(1)
    values = expected + rng.standard_normal(len(BY_USER)) / np.sqrt(chain.alpha * chain.factors[BY_USER])
    values[chain.users.solver.entries.rows] += total_shift(chain.temporal_bias)
    for side in (chain.users, chain.items):
        side.solver.entries.values[:] = values[side.solver.entries.rows]


def statistics_of(chain: Chain) -> list[float]:
    """Bounded functions of the state; their means exist even with heavy tails."""
    u, i = chain.users, chain.items
    block = i.blocks[0]
    return [
        np.log(chain.alpha),
        np.log(chain.shape),
        np.log(chain.factors).mean(),
        np.linalg.slogdet(u.precision)[1],
        np.linalg.slogdet(i.precision)[1],
        np.tanh(u.mean[0]),
        np.tanh(u.mean[1] ** 2),
        np.tanh(i.mean[0] * u.mean[0]),
        np.log(block.strength),
        np.tanh(np.abs(block.coordinates)).mean(),
        np.tanh(np.abs(u.rows[:, 0])).mean(),
        np.tanh(np.abs(i.rows[:, 1])).mean(),
        np.tanh(u.rows[0, 1] * i.rows[0, 1]),
        np.log(chain.temporal_bias[0].precision),
        np.log(chain.temporal_bias[1].precision),
        np.tanh(5 * np.abs(chain.temporal_bias[0].biases)).mean(),
        np.tanh(u.solver.entries.values / 3).mean(),
        np.tanh(np.abs(u.solver.entries.values)).mean(),
    ]


@pytest.fixture(autouse=True)
def lighter_tails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lighter tails of the prior; its own tails exceed single precision and make the test useless."""
    monkeypatch.setattr(conditionals, "DEGREES", 6.0)
    monkeypatch.setattr(feature_block, "_STRENGTHS", np.linspace(np.log(0.5), np.log(50.0), 30))


@pytest.mark.slow
def test_forward_and_successive_simulation_agree() -> None:
    """Each run starts from a sample of the joint distribution, so all its states have it, and runs are independent."""
    rng = np.random.default_rng(8)
    forward, successive = [], []
    with ThreadTeam(1) as team:
        chain = made_chain(rng, team)
        for _ in range(4_000):
            sample_from_the_prior(chain, rng)
            sample_ratings(chain, rng)
            forward.append(statistics_of(chain))
        for _ in range(200):
            sample_from_the_prior(chain, rng)
            sample_ratings(chain, rng)
            successive.append(np.mean([_swept(chain, rng) for _ in range(40)], axis=0))
    a, b = np.array(forward), np.array(successive)
    z = (a.mean(0) - b.mean(0)) / np.sqrt(a.var(0) / len(a) + b.var(0, ddof=1) / len(b))
    assert np.abs(z).max() < 4, np.round(z, 1)


def _swept(chain: Chain, rng: np.random.Generator) -> list[float]:
    chain.sweep()
    sample_ratings(chain, rng)
    return statistics_of(chain)


@pytest.mark.slow
def test_ranks_of_the_true_value_among_posterior_samples_are_uniform() -> None:
    """Simulation-based calibration (Talts et al. 2018): the expected rating of one cell, over many small worlds."""
    rng = np.random.default_rng(9)
    worlds, kept, apart = 120, 31, 5
    ranks = []
    with ThreadTeam(1) as team:
        for _ in range(worlds):
            chain = made_chain(rng, team)
            sample_from_the_prior(chain, rng)
            sample_ratings(chain, rng)
            truth = _cell(chain)
            samples = []
            for _ in range(kept):
                for _ in range(apart):
                    chain.sweep()
                samples.append(_cell(chain))
            ranks.append(int((np.array(samples) < truth).sum()))
    counted = np.bincount(np.array(ranks) // 4, minlength=8)
    assert stats.chisquare(counted).pvalue > 1e-3, counted


def _cell(chain: Chain) -> float:
    user, item = chain.users.rows[0], chain.items.rows[0]
    return float(user[0] + item[0] + user[1:] @ item[1:])
