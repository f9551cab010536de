"""Derivatives: the chain rule by hand, autograd and finite differences agree, with the errors that theory predicts."""

import numpy as np
import pytest

from penchant.foundations.errors import SettingsError
from penchant.lesson.derivatives import DotBiasTable, error_by_epsilon, hessian_by_differences, slopes_by

RATINGS = np.array([[5, 3, np.nan], [np.nan, 1, 2], [4, 4, 4], [1, np.nan, 5.0]])


def made(bounds, factors=2, seed=0):
    table = DotBiasTable.of(RATINGS, factors, bounds)
    return table, np.random.default_rng(seed).normal(size=table.size)


BOUNDS = pytest.mark.parametrize("bounds", [None, (0.5, 5.5)], ids=["plain", "sigmoid"])


@BOUNDS
def test_the_loss_is_the_sum_written_out(bounds):
    table, at = made(bounds)
    user_bias, item_bias, user_vectors, item_vectors = table.parts(at)
    squares = []
    for u, i in np.argwhere(~np.isnan(RATINGS)):
        score = user_bias[u] + item_bias[i] + sum(user_vectors[u, k] * item_vectors[i, k] for k in range(2))
        predicted = score if bounds is None else 0.5 + 5 / (1 + np.exp(-score))
        squares.append((predicted - RATINGS[u, i]) ** 2)
    assert table.loss(at) == pytest.approx(np.mean(squares), rel=1e-14)
    assert table.size == len(at) == (4 + 3) * 3


@BOUNDS
def test_the_chain_rule_by_hand_is_autograds(bounds):
    table, at = made(bounds)
    jacobian, gradient, hessian = table.by_autograd(at)
    np.testing.assert_allclose(table.jacobian(at), jacobian, atol=1e-12)
    np.testing.assert_allclose(table.gradient(at), gradient, atol=1e-12)
    np.testing.assert_allclose(table.hessian(at), hessian, atol=1e-12)


@BOUNDS
@pytest.mark.parametrize(("method", "epsilon", "off"), [("forward", 1e-7, 1e-5), ("central", 1e-5, 1e-8),
                                                        ("complex", 1e-30, 1e-14)])  # fmt: skip
def test_finite_differences_agree_as_closely_as_they_can(bounds, method, epsilon, off):
    table, at = made(bounds)
    np.testing.assert_allclose(slopes_by(method, table.loss, at, epsilon), table.gradient(at), atol=off)


@BOUNDS
def test_the_hessian_is_the_difference_of_slopes_and_symmetric(bounds):
    table, at = made(bounds)
    np.testing.assert_allclose(hessian_by_differences(table.gradient, at, 1e-5), table.hessian(at), atol=1e-8)
    np.testing.assert_allclose(table.hessian(at), table.hessian(at).T, atol=1e-14)


def test_each_prediction_depends_on_its_own_user_and_item_only():
    table, at = made(None)
    for row, (user, item) in enumerate(zip(table.users, table.items, strict=True)):
        moved = table.parts(table.jacobian(at)[row])
        for side, number in ((0, user), (1, item), (2, user), (3, item)):
            others = np.delete(moved[side], number, axis=0)
            assert not others.any()


def test_errors_have_the_slopes_of_theory_in_both_regimes():
    table, at = made((0.5, 5.5))
    epsilons = np.logspace(-1, -4, 4)
    errors = error_by_epsilon(table, at, epsilons)
    orders = {name: np.polyfit(np.log10(epsilons), np.log10(values), 1)[0] for name, values in errors.items()}
    assert orders["forward"] == pytest.approx(1, abs=0.1)
    assert orders["central"] == pytest.approx(2, abs=0.1)
    assert orders["complex"] == pytest.approx(2, abs=0.1)
    tiny = error_by_epsilon(table, at, np.array([1e-13]))
    assert tiny["forward"] > 1e-5  # rounding errors dominate
    assert tiny["central"] > 1e-5
    assert tiny["complex"] < 1e-14  # nothing is subtracted


def test_an_unknown_method_is_refused():
    with pytest.raises(SettingsError, match="backward"):
        slopes_by("backward", lambda at: at.sum(), np.zeros(2), 0.1)
