from __future__ import annotations

import numpy as np
import pytest

from penchant.foundations.errors import DataError
from penchant.metrics.intervals import UserSums, bootstrap, bootstrap_all, holm, paired_difference


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_pooled_root_is_the_rmse() -> None:
    errors, owners = np.array([1.0, 4.0, 9.0]), np.array([0, 0, 3])
    assert UserSums.pooled(errors, owners, 5, link="root").value == pytest.approx(np.sqrt(14 / 3))


def test_users_without_a_metric_are_left_out_of_the_mean() -> None:
    assert UserSums.mean(np.array([1.0, np.nan, 3.0])).value == 2.0


@pytest.mark.slow
def test_the_interval_has_its_nominal_coverage() -> None:
    samples, held = rng(5), 0
    for _ in range(300):
        per_user = samples.exponential(2.0, size=150)
        interval = bootstrap(UserSums.mean(per_user), rng=samples, replicates=300, level=0.9)
        held += interval.low <= 2.0 <= interval.high
    assert 0.84 < held / 300 < 0.95


def test_the_interval_depends_on_users_not_on_ratings() -> None:
    """Repeating every user's ratings a hundred times adds no user, so it must not narrow the interval."""
    errors, owners = rng(1).exponential(size=60), np.arange(60)
    once = bootstrap(UserSums.pooled(errors, owners, 60), rng=rng(2), replicates=500, level=0.95)
    often = bootstrap(
        UserSums.pooled(np.repeat(errors, 100), np.repeat(owners, 100), 60), rng=rng(2), replicates=500, level=0.95
    )
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_joint_and_single_bootstraps_give_the_same_intervals() -> None:
    a, b = UserSums.mean(rng(3).normal(size=40)), UserSums.mean(rng(4).normal(size=40))
    together = bootstrap_all([a, b], rng=rng(), replicates=50, level=0.9)
    alone = [bootstrap(one, rng=rng(), replicates=50, level=0.9) for one in (a, b)]
    assert [(i.low, i.high) for i in together] == [pytest.approx((i.low, i.high)) for i in alone]


def test_a_small_consistent_gain_is_significant_in_the_paired_test_only() -> None:
    hard = rng(6).normal(1.0, 0.5, size=200)
    better, worse = UserSums.mean(hard), UserSums.mean(hard + rng(7).normal(0.02, 0.01, size=200))
    alone = [bootstrap(one, rng=rng(), replicates=400, level=0.95) for one in (better, worse)]
    assert alone[0].high > alone[1].low
    difference = paired_difference(better, worse, rng=rng(), replicates=400, level=0.95)
    assert difference.high < 0 and difference.p_value == pytest.approx(1 / 401)


def test_equal_models_give_a_p_value_of_one() -> None:
    same = UserSums.mean(rng(8).normal(size=30))
    assert paired_difference(same, same, rng=rng(), replicates=99, level=0.95).p_value == 1.0


@pytest.mark.slow
def test_p_values_of_models_that_do_not_differ_are_uniform() -> None:
    samples = rng(9)
    small = 0
    for _ in range(200):
        common = samples.normal(size=(40, 1))
        a, b = (np.abs(common + samples.normal(size=(40, 2)))).T
        difference = paired_difference(UserSums.mean(a), UserSums.mean(b), rng=samples, replicates=199, level=0.95)
        small += difference.p_value <= 0.1
    assert 8 <= small <= 34


def test_the_permutation_test_agrees_with_scipy() -> None:
    from scipy.stats import permutation_test

    a, b = rng(10).normal(0, 1, 25), rng(11).normal(0.4, 1, 25)
    theirs = permutation_test(
        (a, b), lambda x, y: x.mean() - y.mean(), permutation_type="samples", n_resamples=4000, rng=rng(12)
    ).pvalue
    ours = paired_difference(UserSums.mean(a), UserSums.mean(b), rng=rng(13), replicates=4000, level=0.95).p_value
    assert ours == pytest.approx(theirs, abs=0.03)


def test_holms_worked_example_and_order() -> None:
    assert holm([0.04, 0.01, 0.03, 0.005]) == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])
    assert holm([]).tolist() == []


def test_metrics_on_different_rows_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="different test rows"):
        one, other = UserSums(np.ones(2), np.ones(2)), UserSums(np.ones(2), np.array([1.0, 2.0]))
        paired_difference(one, other, rng=rng(), replicates=9, level=0.9)


def test_quantiles_are_of_single_users_and_leave_out_those_without_a_metric() -> None:
    sums = UserSums(np.array([4.0, 0.0, 18.0, 1.0]), np.array([1.0, 0.0, 2.0, 1.0]), "root")
    assert sums.quantiles((0.0, 0.5, 1.0)).tolist() == [1.0, 2.0, 3.0]
