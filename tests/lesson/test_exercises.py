"""Answers to the exercises of docs/guide/lesson, page by page. Try an exercise before you read its answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import penchant as pt
from lesson.false_slope import HalfSlope
from penchant.foundations.errors import ModelShapeError
from penchant.foundations.settings import setting
from penchant.lesson.check_gradients import check_gradients
from penchant.lesson.crosstab import CrosstabSettings, crosstab
from penchant.lesson.derivatives import DotBiasTable, slopes_by
from penchant.lesson.excel_solver import EXCEL_CELLS
from penchant.lesson.gradient_descent import LinePoints, all_experiments, descend, points, slopes, squared_error
from penchant.lesson.initial_scores import scale_for, simulated
from penchant.lesson.one_hot import one_hot
from penchant.lesson.optimizers import SGD, AdamW, Array, Optimizer, State, minimize
from penchant.lesson.solver import Factors, rmse, solve
from trained_once import TrainedOnce

PAGES = Path(__file__).parents[2] / "docs" / "guide" / "lesson"


def test_every_exercise_has_its_answer_here_and_every_answer_its_exercise() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES.glob("*.md"))
    asked = {tuple(found) for found in re.findall(r"\*\*Exercise (\d+)\.(\d+)\*\*", text)}
    answered = {tuple(found) for found in re.findall(r"def test_exercise_(\d+)_(\d+)_", Path(__file__).read_text())}
    assert asked == answered
    assert len(asked) >= 20


# --- 1. Rows in a table ----------------------------------------------------------------------------------------------


def test_exercise_1_1_the_corner_is_nearly_full_and_thins_out() -> None:
    small, large = (crosstab(pt.movielens(), CrosstabSettings(users=k, items=k)) for k in (15, 100))
    assert small.rated.mean() == pytest.approx(206 / 225)
    assert 0.4 < large.rated.mean() < 0.7


def test_exercise_1_2_a_third_of_the_films_have_one_rating_each_and_few_of_the_ratings() -> None:
    counts = pt.movielens().by_item().counts
    once = int((counts == 1).sum())
    assert once == 3063
    assert once / counts.sum() == pytest.approx(0.031, abs=0.0005)


# --- 2. A model in a spreadsheet -------------------------------------------------------------------------------------


def test_exercise_2_1_five_factors_are_the_most_that_excel_can_solve_with_biases() -> None:
    cells = {factors: (15 + 15) * (factors + 1) for factors in range(1, 10)}
    assert max(factors for factors, count in cells.items() if count <= EXCEL_CELLS) == 5


def test_exercise_2_2_turning_both_sides_alike_changes_every_cell_and_no_prediction() -> None:
    factors = solve(crosstab(pt.movielens()), factors=2).factors
    turn = np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]])  # by one radian; any invertible matrix would do
    turned = Factors(
        factors.user_vectors @ turn, factors.item_vectors @ np.linalg.inv(turn).T, factors.user_bias, factors.item_bias
    )
    assert (turned.user_vectors != factors.user_vectors).all()
    np.testing.assert_allclose(turned.predictions(), factors.predictions(), atol=1e-12)


# --- 3. Look-up ------------------------------------------------------------------------------------------------------


def test_exercise_3_1_one_hot_columns_on_the_right_fetch_columns() -> None:
    item_factors = np.arange(12, dtype=np.float32).reshape(3, 4)  # (K, I)
    items = np.array([3, 0])
    np.testing.assert_array_equal(item_factors @ one_hot(items, 4).T, item_factors[:, items])


def test_exercise_3_2_several_ones_give_the_sum_and_shares_of_one_the_mean() -> None:
    genres = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]])  # 3 genres, 2 factors
    hot = np.array([1.0, 0.0, 1.0])
    np.testing.assert_array_equal(hot @ genres, genres[0] + genres[2])
    np.testing.assert_array_equal(hot / hot.sum() @ genres, (genres[0] + genres[2]) / 2)


# --- 4. Gradient descent ---------------------------------------------------------------------------------------------


def test_exercise_4_1_just_below_the_limit_the_error_dies_and_just_above_it_explodes() -> None:
    x, y = 99.0, 228.0

    def after(rate: float) -> float:
        at = np.ones(2)
        for _ in range(100):
            at = at - rate * slopes(x, y, at)
        return squared_error(x, y, at)

    start = squared_error(x, y, np.ones(2))
    assert after(1.0e-4) < start / 100
    assert after(1.05e-4) > start * 100


def test_exercise_4_2_with_both_slopes_of_one_size_a_large_rate_finds_both_numbers() -> None:
    line = points()
    scaled = LinePoints(line.x / 100, line.y)  # y = 200 · (x / 100) + 30
    trace = descend(scaled, SGD(learning_rate=0.4))
    assert trace.after[-1] == pytest.approx([200, 30], abs=0.5)
    assert descend(line, SGD()).after[-1, 1] < 2  # unscaled: b is still at the start


# --- 5. The optimisers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Momentum that looks ahead: it steps by the slope and by the velocity that slope has just made."""

    momentum: float = setting(0.9, "the share of the velocity that survives a step", low=0, high=1)

    def step(self, state: State, gradient: Array, at: Array, loss: float) -> tuple[State, Array]:
        velocity = self.momentum * state.first + gradient
        step = -self.learning_rate * (gradient + self.momentum * velocity)
        return state._replace(steps=state.steps + 1, first=velocity), step


def test_exercise_5_1_nesterovs_momentum_is_torchs() -> None:
    scale = np.array([1.0, 20.0])
    ours, _ = minimize(
        Nesterov(learning_rate=0.01), lambda p: (scale * p**2).sum(), lambda p: 2 * scale * p, np.ones(2), steps=50
    )
    at = torch.ones(2, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.SGD([at], lr=0.01, momentum=0.9, nesterov=True)
    for mine in ours[1:]:
        (at.grad,) = torch.autograd.grad((torch.tensor(scale) * at**2).sum(), at)
        theirs.step()
        np.testing.assert_allclose(mine, at.detach().numpy(), atol=1e-12)


def test_exercise_5_2_the_two_rules_agree_on_this_sheet_and_part_on_a_slow_way_back() -> None:
    experiment = all_experiments()["Adam annealed"]
    found = descend(points(), experiment.optimizer, experiment.settings).mean_square_slope
    made = np.array([10.0, 4.0, 9.0, 8.0, 3.0])  # an epoch went wrong; the next is a little better, and still bad

    def brakes(mean_square_slope: Array) -> tuple[list[bool], list[bool]]:
        lowest_so_far = np.minimum.accumulate(mean_square_slope)
        return (mean_square_slope[1:] >= lowest_so_far[:-1]).tolist(), (
            mean_square_slope[1:] >= mean_square_slope[:-1]
        ).tolist()

    by_lowest, by_last = brakes(found)
    assert by_lowest == by_last == [epoch in (2, 5) for epoch in range(len(found) - 1)]
    by_lowest, by_last = brakes(made)
    assert by_lowest == [False, True, True, False]
    assert by_last == [False, True, False, False]


# --- 6. Derivatives --------------------------------------------------------------------------------------------------


def test_exercise_6_1_the_best_epsilons_are_the_square_root_and_the_cube_root_of_the_rounding() -> None:
    # forward: eps + 1e-16 / eps is least at 1e-8; central: eps² + 1e-16 / eps at about 1e-5
    def loss(at: Array) -> Array:
        return np.exp(at).sum()

    at, exact = np.array([0.3]), np.exp(0.3)
    epsilons = np.logspace(-1, -14, 27)
    errors = {m: [abs(slopes_by(m, loss, at, e)[0] - exact) for e in epsilons] for m in ("forward", "central")}
    best = {method: epsilons[int(np.argmin(values))] for method, values in errors.items()}
    assert 1e-9 < best["forward"] < 1e-7
    assert 1e-6 < best["central"] < 1e-4


def test_exercise_6_2_a_false_slope_is_named() -> None:
    class Wrong(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.users, self.films = nn.Embedding(7, 2), nn.Embedding(5, 2)

        def forward(self, users, films):
            return (HalfSlope.apply(self.users(users)) * self.films(films)).sum(1)

    assert [one.name for one in check_gradients(Wrong()) if not one.good] == ["users.weight"]


def test_exercise_6_3_a_parabola_has_no_third_derivative_for_the_central_difference_to_miss() -> None:
    # score and prediction are linear in any one parameter, the loss is their square: f(x + e) - f(x - e) is exact
    table = DotBiasTable.of(np.array([[5.0, 3.0], [1.0, 4.0]]), factors=2)
    at = np.random.default_rng(0).normal(size=table.size)
    np.testing.assert_allclose(slopes_by("central", table.loss, at, 10.0), table.gradient(at), atol=1e-12)
    assert np.abs(slopes_by("forward", table.loss, at, 10.0) - table.gradient(at)).max() > 1


# --- 7. Weight decay -------------------------------------------------------------------------------------------------


def test_exercise_7_1_l2_with_sgd_ends_at_the_minimum_of_the_sum_and_adamw_elsewhere() -> None:
    # loss (p - 1)², decay 0.5: the sum p² · 0.25 + (p - 1)² is least at 0.8. AdamW stops where its own step, about the
    # sign of the slope, is 0.5 · p long: a slope of any size holds against the decay, so it stays near 1.
    def slope(p: Array) -> Array:
        return 2 * (p - 1)

    sgd, _ = minimize(SGD(learning_rate=0.1), lambda _: 0.0, slope, np.zeros(1), steps=500, weight_decay=0.5)
    adamw = AdamW(learning_rate=0.001, weight_decay=0.5, bias_correction=True)
    decoupled, _ = minimize(adamw, lambda _: 0.0, slope, np.zeros(1), steps=10_000)
    assert sgd[-1] == pytest.approx([0.8])
    assert 0.95 < decoupled[-1, 0] <= 1.0


def test_exercise_7_2_a_decayed_bias_pulls_a_good_film_towards_zero_stars() -> None:
    # one film, all ratings 4: without decay its bias becomes 4, with decay of 1 it is 2/(2 + 1) of that
    def slope(bias: Array) -> Array:
        return 2 * (bias - 4)

    free, _ = minimize(SGD(learning_rate=0.1), lambda _: 0.0, slope, np.zeros(1), steps=300)
    held, _ = minimize(SGD(learning_rate=0.1), lambda _: 0.0, slope, np.zeros(1), steps=300, weight_decay=1.0)
    assert free[-1] == pytest.approx([4])
    assert held[-1] == pytest.approx([4 * 2 / 3])


# --- 8. Where to start -----------------------------------------------------------------------------------------------


def test_exercise_8_1_the_variance_is_that_of_k_independent_products() -> None:
    # Var[xy] = E[x²]E[y²] - (E[x]E[y])² = (c²/3)² - (c/2)⁴ = c⁴ (1/9 - 1/16) = 7 c⁴ / 144, and variances add
    K, c = 30, 0.4
    assert pytest.approx(7 / 144) == 1 / 9 - 1 / 16
    _, deviation = simulated(K, c, pairs=100_000, rng=np.random.default_rng(0))
    assert deviation**2 == pytest.approx(7 * K * c**4 / 144, rel=0.02)


def test_exercise_8_2_the_sigmoids_score_for_the_mean_is_found_first() -> None:
    score = np.log(3.54 / (5.5 - 3.54))  # the score at which 5.5 · σ(score) is 3.54
    high = scale_for(score, 50)
    assert high == pytest.approx(0.217, abs=0.001)
    assert 5.5 / (1 + np.exp(-50 * high**2 / 4)) == pytest.approx(3.54)


# --- 9. The model in PyTorch -----------------------------------------------------------------------------------------


def test_exercise_9_1_a_column_added_to_a_row_is_a_table_and_is_refused() -> None:
    class Broadcasting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.users, self.user_bias = nn.Embedding(7, 2), nn.Embedding(7, 1)

        def forward(self, users, films):
            return self.users(users).sum(1) + self.user_bias(users)

    module, batch = Broadcasting(), torch.zeros(3, dtype=torch.int64)
    assert module(batch, batch).shape == (3, 3)
    with pytest.raises(ModelShapeError, match=r"\(24, 24\).*\(24,\)"):
        check_gradients(module)


def test_exercise_9_2_the_spreadsheet_and_torch_are_one_model() -> None:
    table = crosstab(pt.movielens())
    solution = solve(table, factors=3)

    class Dot(nn.Module):
        def __init__(self, factors: Factors) -> None:
            super().__init__()
            self.users = nn.Embedding.from_pretrained(torch.from_numpy(factors.user_vectors))
            self.films = nn.Embedding.from_pretrained(torch.from_numpy(factors.item_vectors))

        def forward(self, users, films):
            return (self.users(users) * self.films(films)).sum(1)

    users, films = np.nonzero(table.rated)
    predicted = Dot(solution.factors)(torch.from_numpy(users), torch.from_numpy(films)).numpy()
    np.testing.assert_allclose(predicted, solution.factors.predictions()[users, films], atol=1e-12)
    assert np.sqrt(((predicted - table.values[users, films]) ** 2).mean()) == pytest.approx(
        rmse(table, solution.factors)
    )


# --- 10. To a served model -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(trained_once: TrainedOnce) -> pt.Recommender:
    with trained_once():
        return pt.train(pt.movielens(), "dot_bias", seed=0)


@pytest.mark.slow
def test_exercise_10_1_a_new_user_with_the_same_ratings_gets_similar_predictions(model: pt.Recommender) -> None:
    ratings = pt.movielens()
    mine = ratings.user_numbers == ratings.users.number(1)
    films = ratings.items.take(ratings.item_numbers[mine]).tolist()
    user = model.fold_in(ratings=dict(zip(films, ratings.values[mine].tolist(), strict=True)))
    asked = [318, 296, 260, 1]
    difference = user.predict(asked).mean - model.predict([1] * 4, asked).mean
    assert np.abs(difference).max() < 0.5


@pytest.mark.slow
def test_exercise_10_2_high_ratings_raise_the_rest_of_the_series_and_low_ones_lower_it(model: pt.Recommender) -> None:
    two, third = (260, 1196), 1210  # Star Wars IV and V, and VI
    liked = model.fold_in(ratings=dict.fromkeys(two, 5.0)).predict([third]).mean[0]
    hated = model.fold_in(ratings=dict.fromkeys(two, 0.5)).predict([third]).mean[0]
    assert liked > hated + 0.3
