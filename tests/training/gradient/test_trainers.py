import numpy as np
import pytest

from made_ratings import low_rank, of_arrays, rmse_of
from penchant.foundations.errors import SettingsError
from penchant.training.registry import train

WORLD = low_rank()
ROWS = np.random.default_rng(1).permutation(len(WORLD))
TRAIN, TEST = WORLD.take(ROWS[300:]), WORLD.take(ROWS[:300])
QUICK = {"factors": 4, "epochs": 40, "batch_size": 64, "learning_rate": 0.02, "regularization": 0.5}
BANDS = {"baseline": (0.5, 0.8), "dot": (0.1, 0.3), "dot_bias": (0.1, 0.3), "net": (0.1, 0.3)}


OWN = {
    "baseline": {},
    "dot": QUICK | {"regularization": 0.1, "factors": 6, "init_std": 0.5, "patience": 10},
    "dot_bias": QUICK,
    "net": QUICK | {"regularization": 0.03, "dropout": 0.0, "init_std": 0.1},
}


@pytest.mark.parametrize("name", BANDS)
def test_error_on_held_out_ratings_of_a_low_rank_matrix_is_in_the_band(name):
    low, high = BANDS[name]
    assert low < rmse_of(train(TRAIN, name, **OWN[name]), TEST) < high


@pytest.mark.parametrize("name", ["dot", "dot_bias", "net"])
def test_same_seed_same_bits_and_another_seed_other_bits(name):
    one, two, other = (train(TRAIN, name, seed=s, **(QUICK | {"epochs": 2})) for s in (3, 3, 4))
    assert np.array_equal(one.users.vectors, two.users.vectors)
    assert np.array_equal(one.items.vectors, two.items.vectors)
    assert not np.array_equal(one.users.vectors, other.users.vectors)


@pytest.mark.parametrize("name", ["dot", "dot_bias", "net"])
def test_training_does_not_change_global_random_states(name):
    import torch

    before, legacy = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    train(TRAIN, name, **(QUICK | {"epochs": 1}))
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(legacy, np.random.get_state()[1])  # noqa: NPY002


def test_initial_predictions_of_biased_models_are_the_damped_baseline_with_the_set_spread():
    untouched = {"epochs": 0, "patience": 0, "init_std": 0.05, "damping": 5.0}
    baseline = train(TRAIN, "baseline", user_damping=5.0, item_damping=5.0)
    for name in ("dot_bias", "net"):
        model = train(TRAIN, name, **untouched)
        users, items = (side.all_rows().take(np.arange(30)) for side in (model.users, model.items))
        started = model.scorer.pairs(users, items)[0]
        expected = baseline.scorer.pairs(*(s.all_rows().take(np.arange(30)) for s in (baseline.users, baseline.items)))[
            0
        ]
        assert np.std(started - expected) < 0.2, name
        assert abs(np.mean(started - expected)) < 0.1, name


def test_the_first_predictions_of_dot_have_the_mean_of_the_data():
    model = train(TRAIN, "dot", epochs=0, patience=0, factors=20, init_std=0.1)
    first = model.scorer.all_items(model.users.all_rows(), model.items.all_rows())
    assert abs(first.mean() - TRAIN.mean) < 0.1
    assert 0.05 < first.std() < 0.2


def test_history_has_train_and_validation_error_of_each_epoch():
    model = train(TRAIN, "dot_bias", validation=TEST, **(QUICK | {"epochs": 3}))
    assert [sorted(metrics) for metrics in model.history] == [
        ["epoch", "learning_rate", "train_loss", "validation_rmse"]
    ] * 3
    best = model.history[model.facts["best_epoch"] - 1]
    assert best["validation_rmse"] == pytest.approx(rmse_of(model, TEST), abs=1e-5)


def test_without_patience_validation_ratings_do_not_change_the_model():
    settings = QUICK | {"epochs": 3, "patience": 0, "schedule": "constant"}
    with_it = train(TRAIN, "dot_bias", validation=TEST.take(np.arange(50)), **settings)
    other = train(TRAIN, "dot_bias", validation=TEST.take(np.arange(50, 90)), **settings)
    assert np.array_equal(with_it.users.vectors, other.users.vectors)


def test_early_stopping_keeps_the_weights_of_the_best_epoch():
    overfit = QUICK | {"epochs": 60, "regularization": 0.0, "schedule": "constant", "patience": 2, "factors": 10}
    model = train(TRAIN, "dot_bias", validation=TEST, **overfit)
    errors = [metrics["validation_rmse"] for metrics in model.history]
    assert len(errors) < 60
    assert model.facts["best_epoch"] == int(np.argmin(errors)) + 1
    assert rmse_of(model, TEST) == pytest.approx(min(errors), abs=1e-5)


def test_without_validation_early_stopping_uses_held_out_training_rows_and_then_all_rows():
    model = train(TRAIN, "dot_bias", **(QUICK | {"epochs": 5}))
    assert model.facts["refit"]
    assert all("validation_rmse" in metrics for metrics in model.history)
    assert (model.users.counts == np.bincount(TRAIN.user_numbers, minlength=60)).all()


def test_resuming_starts_from_the_rows_of_the_model_and_adds_new_ids():
    model = train(TRAIN, "dot_bias", **QUICK)
    more = of_arrays(np.array([0, 60]), np.array([0, 40]), np.array([3.0, 4.0]), 61, 41)
    again = train(more, "dot_bias", resume=model, epochs=0, patience=0, factors=4)
    known = model.users.vectors[0, 0]
    assert np.array_equal(again.users.vectors[0, 0], known)
    assert again.users.vectors.shape[1] == 61
    with pytest.raises(SettingsError, match="4 factors"):
        train(more, "dot_bias", resume=model, epochs=0, patience=0, factors=5)


def test_resuming_a_net_starts_from_its_rows_and_layers():
    model = train(TRAIN, "net", **QUICK)
    more = of_arrays(np.array([0, 60]), np.array([0, 40]), np.array([3.0, 4.0]), 61, 41)
    again = train(more, "net", resume=model, epochs=0, patience=0, factors=4)
    assert np.array_equal(again.users.vectors[0, 0], model.users.vectors[0, 0])
    assert np.array_equal(again.scorer.weights[0], model.scorer.weights[0])
    with pytest.raises(SettingsError, match="not a net of this shape"):
        train(more, "net", resume=model, epochs=0, patience=0, factors=5)


@pytest.mark.parametrize("name", ["dot", "dot_bias", "net"])
def test_tiny_tables_and_incomplete_batches_train(name):
    tiny = of_arrays(np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([1.0, 3.0, 5.0]), 2, 2)
    for batch_size in (1, 2):
        model = train(tiny, name, epochs=2, batch_size=batch_size, factors=3)
        assert np.isfinite(model.users.vectors).all()
