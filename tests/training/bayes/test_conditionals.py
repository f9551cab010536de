"""Each full conditional against the distribution it claims to be."""

from __future__ import annotations

import numpy as np
from scipy import stats

from penchant.training.bayes import conditionals
from penchant.training.bayes.conditionals import (
    MEAN_ROWS,
    draw_on_grid,
    noise_precision,
    normal_wishart,
    row_noise,
    row_noise_shape,
    wishart,
)
from penchant.training.bayes.convergence import effective_samples, split_r_hat


def test_wishart_samples_have_the_mean_and_variance_of_the_distribution() -> None:
    rng = np.random.default_rng(0)
    scale = np.array([[1.0, 0.4], [0.4, 0.5]])
    drawn = np.stack([wishart(np.linalg.cholesky(scale), 7.5, rng) for _ in range(40_000)])
    np.testing.assert_allclose(drawn.mean(0), 7.5 * scale, atol=0.08)
    want = 7.5 * (scale**2 + np.outer(np.diag(scale), np.diag(scale)))
    np.testing.assert_allclose(drawn.var(0), want, rtol=0.06)


def test_mean_and_precision_follow_the_normal_wishart_posterior() -> None:
    """In one dimension the precision is a gamma variable and the mean given it a normal one."""
    rng = np.random.default_rng(1)
    rows = np.array([[0.5], [1.5], [2.5]])
    drawn = [normal_wishart(rows, np.zeros((1, 1)), 0, rng) for _ in range(20_000)]
    mean, precision = np.array([m[0] for m, _ in drawn]), np.array([p[0, 0] for _, p in drawn])
    scatter = 1 + ((rows - 1.5) ** 2).sum() + 3 * MEAN_ROWS / (3 + MEAN_ROWS) * 1.5**2
    assert stats.kstest(precision, stats.gamma((1 + 3) / 2, scale=2 / scatter).cdf).pvalue > 1e-3
    standard = (mean - 3 * 1.5 / (3 + MEAN_ROWS)) * np.sqrt((3 + MEAN_ROWS) * precision)
    assert stats.kstest(standard, stats.norm.cdf).pvalue > 1e-3


def test_noise_precisions_are_gamma_variables() -> None:
    rng = np.random.default_rng(2)
    alphas = [noise_precision(30.0, 20, rng) for _ in range(5000)]
    assert stats.kstest(alphas, stats.gamma(11, scale=1 / 16).cdf).pvalue > 1e-3
    factors = row_noise(np.full(5000, 3.0), np.full(5000, 4), 6.0, rng)
    assert stats.kstest(factors, stats.gamma(5, scale=1 / 4.5).cdf).pvalue > 1e-3


def test_the_shape_of_the_row_noise_is_recovered() -> None:
    rng = np.random.default_rng(3)
    factors = rng.gamma(2.5, 1 / 2.5, 3000)  # shape 5
    found = [row_noise_shape(factors, rng) for _ in range(200)]
    assert 4.5 < np.mean(found) < 5.5


def test_grid_points_are_sampled_in_proportion_to_their_density() -> None:
    rng = np.random.default_rng(4)
    drawn = [draw_on_grid(np.array([1.0, 2.0, 3.0]), np.log([0.2, 0.5, 0.3]) + 700, rng) for _ in range(6000)]
    shares = [drawn.count(value) / 6000 for value in (1.0, 2.0, 3.0)]
    np.testing.assert_allclose(shares, [0.2, 0.5, 0.3], atol=0.03)
    assert conditionals._SHAPES[0] > 0


def test_r_hat_is_one_for_equal_chains_and_large_for_different_ones() -> None:
    rng = np.random.default_rng(5)
    same = rng.normal(size=(2, 400, 3))
    np.testing.assert_allclose(split_r_hat(same), 1.0, atol=0.02)
    apart = same + np.array([0.0, 5.0])[:, None, None]
    assert (split_r_hat(apart) > 2).all()
    drifting = same[:1] + np.linspace(0, 5, 400)[None, :, None]
    assert (split_r_hat(drifting) > 1.5).all()
    np.testing.assert_array_equal(split_r_hat(np.ones((2, 10, 1))), 1.0)


def test_effective_sample_size_of_an_ar1_process_matches_its_formula() -> None:
    rng = np.random.default_rng(6)
    length, kept = 40_000, 0.8
    noise = rng.normal(size=(1, length, 2)) * np.sqrt(1 - kept**2)
    values = np.zeros_like(noise)
    for t in range(1, length):
        values[:, t] = kept * values[:, t - 1] + noise[:, t]
    np.testing.assert_allclose(effective_samples(values), length * (1 - kept) / (1 + kept), rtol=0.15)
    independent = rng.normal(size=(2, 5000, 1))
    np.testing.assert_allclose(effective_samples(independent), 10_000, rtol=0.15)
