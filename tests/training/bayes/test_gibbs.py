"""Training "bayes": what it finds, what it promises, what it refuses."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from made_ratings import low_rank, of_arrays, rmse_of
from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.scale import Scale
from penchant.foundations.errors import DataError, SettingsError
from penchant.foundations.progress import Silent
from penchant.models.pair_predictions import score_pairs
from penchant.models.priors import ColdStartOffset, HistoryEffect
from penchant.models.saving import load_trained, save_trained
from penchant.models.trained import TrainedModel
from penchant.recommending.fold_in import infer
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import Recommender, main_model
from penchant.training.bayes import BayesSettings
from penchant.training.bayes.gibbs import factors_for, thin_for
from penchant.training.bayes.gibbs import train as sample
from penchant.training.registry import train

WORLD = low_rank()
ROWS = np.random.default_rng(1).permutation(len(WORLD))
TRAIN, TEST = WORLD.take(ROWS[300:]), WORLD.take(ROWS[:300])
QUICK = {"factors": 4, "samples": 20, "thin": 2, "burn_in": 20}


def trained(ratings: Ratings = TRAIN, **settings: object) -> TrainedModel:
    return train(ratings, "bayes", **(QUICK | settings))


def everything(model: TrainedModel) -> np.ndarray:
    pairs = score_pairs(model, model.users.all_rows(), model.items.all_rows().take(np.zeros(len(model.users), int)))
    return np.concatenate([pairs.mean, pairs.std, model.users.vectors.ravel(), model.items.vectors.ravel()])


def with_genres(ratings: Ratings, cells: list[object], kind: str = "many") -> Ratings:
    return dataclasses.replace(ratings, item_features=FeatureTable({"genre": cells}, {"genre": kind}))


@pytest.mark.parametrize("more", [{}, {"user_noise": False, "history": False}, {"chains": 2, "samples": 10}])
def test_error_on_unseen_cells_of_a_low_rank_world_lies_in_the_band(more: dict[str, object]) -> None:
    assert 0.1 < rmse_of(trained(**more), TEST) < 0.22


def test_ninety_percent_of_unseen_ratings_lie_in_the_ninety_percent_interval() -> None:
    world = low_rank(users=100, items=80, n=6000, noise=0.5)
    model, unseen = trained(world.take(np.arange(3000))), world.take(np.arange(3000, 6000))
    scores = score_pairs(model, model.users.rows(unseen.user_numbers), model.items.rows(unseen.item_numbers))
    share = np.mean(np.abs(unseen.values - scores.mean) < 1.645 * scores.std)
    assert 0.86 < share < 0.95


def test_a_users_own_noise_is_found() -> None:
    rng = np.random.default_rng(2)
    world = low_rank(users=80, items=60, n=4000, noise=0.0)
    erratic = world.user_numbers % 2 == 0
    values = world.values + np.where(erratic, 1.0, 0.1) * rng.normal(size=len(world)).astype(np.float32)
    model = trained(dataclasses.replace(world, values=values.astype(np.float32)))
    assert model.users.variance is not None
    assert model.users.variance[::2].min() > model.users.variance[1::2].max()


def test_same_seed_same_bits_and_another_seed_other_bits() -> None:
    one, two, other = (everything(trained(seed=s, samples=3)) for s in (3, 3, 4))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_features_reach_items_without_ratings() -> None:
    """Even items have high ratings, odd ones low ratings, and the last two none."""
    rng = np.random.default_rng(4)
    u, i = np.divmod(rng.choice(50 * 38, 900, replace=False), 38)
    liked = np.where(i % 2 == 0, 4.5, 1.5) + rng.normal(0, 0.2, len(i))
    ratings = with_genres(of_arrays(u, i, liked, 50, 40), [("even",) if n % 2 == 0 else ("odd",) for n in range(40)])
    model = Recommender.of(trained(ratings))
    predicted = predict_numbers(main_model(model), np.zeros(2, int), np.array([38, 39]))
    assert predicted.mean[0] > 3.8
    assert predicted.mean[1] < 2.2
    unknown = predict_numbers(
        main_model(model),
        np.zeros(2, int),
        np.array([40, 41]),
        item_features=FeatureTable({"genre": [None] * 40 + [("even",), ("odd",)]}, {"genre": "many"}),
    )
    assert unknown.mean[0] - unknown.mean[1] > 1.5
    assert not np.isnan(predicted.std).any()


def test_folding_in_a_users_own_ratings_finds_the_user_again() -> None:
    model = trained(user_noise=False)
    for user in (0, 7, 30):
        numbers, values = model.interactions.row(user)
        row = infer(model, "users", numbers, values).rows
        again = score_pairs(model, row, model.items.all_rows())
        known = score_pairs(model, model.users.rows(np.array([user])), model.items.all_rows())
        assert np.abs(again.mean - known.mean).mean() < 0.25 * known.std.mean() + 0.05


def test_history_moves_a_new_user_through_the_saved_basis(tmp_path) -> None:
    model = trained()
    assert model.users.prior.effect(HistoryEffect) is not None
    moved = model.users.prior.mean_given(None, np.array([0, 1, 2]))
    assert np.abs(moved - model.users.prior.mean).max() > 0
    loaded = load_trained(save_trained(model, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.users.prior.mean_given(None, np.array([0, 1, 2])), moved)
    np.testing.assert_array_equal(everything(loaded), everything(model))


# --- running, stopping, continuing ---------------------------------------------------------------------------------


class Listener(Silent):
    """Records every step, and interrupts after `stop_after` of them."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.metrics: list[dict[str, float]] = []
        self.notes: list[str] = []
        self.left = stop_after

    def step(self, metrics=None, advance: int = 1) -> None:
        self.metrics.append(dict(metrics or {}))
        self.left -= advance
        if self.left < 0:
            raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_validation_error_is_shown_and_is_that_of_the_mean_of_the_samples() -> None:
    listener = Listener()
    model = train(TRAIN, "bayes", validation=TEST, progress=listener, **QUICK)
    shown = [f["validation_rmse"] for f in listener.metrics if "validation_rmse" in f]
    assert len(shown) == len(model.history) == 20
    assert shown[-1] == pytest.approx(rmse_of(model, TEST), abs=2e-3)
    assert any("R-hat" in note for note in listener.notes)
    assert {"r_hat", "effective_samples"} <= model.facts.keys()


def test_an_interrupt_keeps_the_samples_so_far() -> None:
    listener = Listener(stop_after=20 + 7)
    model = train(TRAIN, "bayes", progress=listener, **QUICK)
    assert model.samples == 3
    assert "3 samples" in " ".join(listener.notes)
    with pytest.raises(KeyboardInterrupt):
        train(TRAIN, "bayes", progress=Listener(stop_after=5), **QUICK)


def test_the_budget_ends_the_sampling_with_what_there_is() -> None:
    model = train(TRAIN, "bayes", budget=1e-6, factors=4, burn_in=50, samples=50)
    assert model.samples == 1 and np.isfinite(model.users.vectors).all()
    both = train(TRAIN, "bayes", budget=3600.0, **QUICK)
    np.testing.assert_array_equal(both.users.vectors, train(TRAIN, "bayes", **QUICK).users.vectors)


def test_the_factors_follow_the_number_of_ratings_and_are_a_fact() -> None:
    sizes = [factors_for(n) for n in (10, 10_000, 100_000, 1_000_000)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1]
    few = {"samples": 2, "thin": 1, "burn_in": 1}
    first = train(TRAIN, "bayes", **few)
    assert first.facts["factors"] == first.users.factors == factors_for(len(TRAIN))
    assert first.settings["factors"] is None  # a larger table is trained with more
    named = train(TRAIN, "bayes", factors=3, **few)
    assert train(TRAIN, "bayes", factors=3, resume=named, **few).users.factors == 3


def test_small_tables_get_more_sweeps_for_each_sample() -> None:
    assert thin_for(80_000) > thin_for(20_000_000)
    few, thin = {"samples": 3, "burn_in": 2, "factors": 2}, thin_for(len(TRAIN))
    own, named = (train(TRAIN, "bayes", **few, **how) for how in ({}, {"thin": thin}))
    assert own.facts["thin"] == thin
    np.testing.assert_array_equal(own.users.vectors, named.users.vectors)


def test_resume_adds_samples_to_the_earlier_ones() -> None:
    first = trained(samples=5)
    more = train(TRAIN, "bayes", resume=first, **(QUICK | {"samples": 8}))
    assert more.samples == 13
    np.testing.assert_array_equal(more.items.vectors[:5], first.items.vectors)
    assert [metrics["sample"] for metrics in more.history] == list(range(1, 14))
    assert rmse_of(more, TEST) < 0.22
    with pytest.raises(SettingsError, match="other factors"):
        train(TRAIN, "bayes", resume=first, **(QUICK | {"factors": 5}))
    with pytest.raises(DataError, match="other ratings"):
        train(TEST, "bayes", resume=first, **QUICK)


# --- bad settings and data -----------------------------------------------------------------------------------------


def few(u: list[int], i: list[int], values: list[float], users: int, items: int) -> Ratings:
    return of_arrays(np.array(u), np.array(i), np.array(values), users, items)


@pytest.mark.parametrize(
    ("ratings", "settings"),
    [
        pytest.param(few([0, 0, 1], [0, 1, 0], [1, 5, 3], 2, 2), {"factors": 40}, id="rank above data"),
        pytest.param(few([0], [0], [4], 1, 1), {}, id="one rating"),
        pytest.param(few([0, 1, 1], [0, 0, 1], [2, 4, 3], 3, 4), {}, id="users with one rating or none"),
        pytest.param(few([0, 0, 1, 1], [0, 1, 0, 1], [3, 3, 3, 3], 2, 2), {}, id="constant ratings"),
        pytest.param(with_genres(few([0, 0, 1], [0, 1, 0], [1, 5, 3], 2, 2), [("a",)] * 2), {}, id="equal features"),
        pytest.param(
            with_genres(few([0, 0, 1], [0, 1, 0], [1, 5, 3], 2, 2), [float("nan"), 2.0], "number"), {}, id="NaN feature"
        ),
    ],
)
def test_poor_data_give_finite_answers_on_the_scale(ratings: Ratings, settings: dict[str, object]) -> None:
    model = Recommender.of(trained(ratings, **settings))
    users, items = np.meshgrid(np.arange(ratings.n_users + 1), np.arange(ratings.n_items + 1))
    answer = predict_numbers(main_model(model), users.ravel(), items.ravel())
    assert np.isfinite(answer.mean).all()
    assert np.isfinite(answer.std).all()
    assert answer.mean.min() >= 1
    assert answer.mean.max() <= 5


def test_constant_ratings_are_predicted() -> None:
    ratings = few([0, 0, 1, 1], [0, 1, 0, 1], [3, 3, 3, 3], 2, 2)
    assert rmse_of(trained(ratings, samples=60), ratings) < 0.3


def test_no_ratings_are_refused() -> None:
    with pytest.raises(DataError, match="no ratings"):
        sample(TRAIN.take(np.zeros(0, int)), BayesSettings(), rng=np.random.default_rng(0))


@pytest.mark.parametrize("bad", [{"factors": 0}, {"samples": 0}, {"thin": 0}, {"burn_in": -1}, {"chains": 0}])
def test_settings_outside_their_limits_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match=next(iter(bad))):
        trained(**bad)


# --- temporal bias -----------------------------------------------------------------------------------------------


def daily_ratings(seed: int = 5) -> Ratings:
    """Ratings with a bias of each user on each of ten days."""
    rng = np.random.default_rng(seed)
    world = low_rank(users=40, items=80, n=2400, noise=0.1)
    day = rng.integers(0, 10, len(world))
    bias = rng.normal(0, 0.6, (40, 10))[world.user_numbers, day].astype(np.float32)
    times = day * 86_400 + rng.integers(0, 80_000, len(world))
    return dataclasses.replace(world, values=world.values + bias, timestamps=times, scale=Scale(-2, 8, declared=True))


def test_a_daily_bias_of_a_user_is_learned_and_used_with_the_time(tmp_path) -> None:
    world = daily_ratings()
    known, hidden = world.take(np.arange(2000)), world.take(np.arange(2000, 2400))
    model = Recommender.of(trained(known, temporal_bias=True))
    plain = Recommender.of(trained(known))
    pairs = (hidden.user_numbers, hidden.item_numbers)
    timed, untimed = (
        predict_numbers(main_model(model), *pairs, timestamps=hidden.timestamps),
        predict_numbers(main_model(model), *pairs),
    )
    error = lambda predicted: np.sqrt(np.mean((predicted.mean - hidden.values) ** 2))  # noqa: E731
    assert error(timed) < 0.75 * error(predict_numbers(main_model(plain), *pairs))
    assert error(timed) < 0.75 * error(untimed)
    assert (timed.std < untimed.std).mean() > 0.9
    loaded = Recommender.of(load_trained(save_trained(main_model(model), tmp_path / "model")))
    np.testing.assert_array_equal(
        predict_numbers(main_model(loaded), *pairs, timestamps=hidden.timestamps).mean, timed.mean
    )
    more = train(known, "bayes", resume=main_model(model), **(QUICK | {"temporal_bias": True, "samples": 2}))
    assert more.temporal_bias is not None
    assert more.temporal_bias.levels[0].biases.shape[0] == 22


def test_time_without_timestamps_is_refused() -> None:
    with pytest.raises(DataError, match="no timestamps"):
        trained(temporal_bias=True)


def test_the_prior_of_a_known_history_is_that_of_the_training_features() -> None:
    """An item's history shift, as fold-in computes X."""
    from penchant.training.bayes.preprocessing import prepare
    from penchant.training.row_solver import ThreadTeam

    model = trained(samples=1)
    with ThreadTeam(1) as team:
        (block,) = prepare(TRAIN, BayesSettings(factors=4), team).items.blocks
    history = model.items.prior.effect(HistoryEffect)
    assert history is not None
    prior = model.items.prior.without(ColdStartOffset).with_effect(replace(history, damping=0.0))
    raters, _ = TRAIN.by_item().row(5)
    at = np.flatnonzero(np.flatnonzero(TRAIN.by_item().counts) == 5)[0]
    want = (block.left[at] * block.singular) @ history.weights[0]
    np.testing.assert_allclose(prior.mean_given(None, raters)[0] - prior.mean[0], want, atol=1e-4)


def test_an_item_added_later_becomes_part_of_histories() -> None:
    model = Recommender.of(trained())
    grown = model.with_item("new", ratings={100: 4.0, 101: 2.0})
    predicted = grown.fold_in({"new": 5.0, "i3": 1.0}).predict(["new", "i5"])
    assert np.isfinite(predicted.mean).all()
    assert np.isfinite(grown.predict([100, 102], ["new", "new"]).std).all()
