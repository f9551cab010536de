from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from evaluation.made_worlds import World
from penchant.data.ratings import Ratings
from penchant.evaluation.comparison import tuning
from penchant.evaluation.comparison.search_space import space_for
from penchant.evaluation.comparison.tuning import tune
from penchant.foundations.errors import CallerError, SettingsError

SPACE = {"user_damping": (0.5, 40.0, "log"), "epochs": [1, 8]}


@pytest.fixture(scope="module")
def train() -> Ratings:
    return World().split().train


def test_the_best_trial_is_first_and_reproducible(train: Ratings) -> None:
    found = tune(train, "baseline", space=SPACE, trials=6, seed=3)
    values = [trial.value for trial in found.trials]
    assert len(values) == 6 and values == sorted(values)
    assert set(found.settings) == {"user_damping", "epochs"}
    assert "1,800" not in str(found) and "2,025 training and 225 validation rows" in str(found)
    json.dumps(found.to_json(), allow_nan=False)


def test_a_metric_whose_higher_values_are_better_is_maximized(train: Ratings) -> None:
    found = tune(train, "baseline", space=SPACE, trials=4, metric="auc")
    values = [trial.value for trial in found.trials]
    assert values == sorted(values, reverse=True)


def test_tune_takes_ratings_only() -> None:
    with pytest.raises(CallerError, match=r"not a Split. Give split\.train"):
        tune(World().split(), "baseline")  # type: ignore[arg-type]


def test_trials_use_training_rows_only(train: Ratings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows that trials learn from and are judged by are the given ones, each once and nothing else."""
    seen = []
    real = tuning.train

    def spying(ratings: Ratings, *rest: object, **more: object) -> object:
        seen.append(pairs(ratings))
        return real(ratings, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(tuning, "train", spying)
    tune(train, "baseline", space=SPACE, trials=2)
    assert seen[0] == seen[1] and seen[0] < pairs(train) and len(seen[0]) == 2025


def pairs(ratings: Ratings) -> set[tuple[str, str]]:
    users, items = ratings.users.take(ratings.user_numbers), ratings.items.take(ratings.item_numbers)
    return set(zip(users.tolist(), items.tolist(), strict=True))


def test_an_interrupted_search_continues(train: Ratings, tmp_path: Path) -> None:
    first = tune(train, "baseline", space=SPACE, trials=3, folder=tmp_path)
    more = tune(train, "baseline", space=SPACE, trials=5, folder=tmp_path)
    assert len(more.trials) == 5
    kept = {(trial.value, trial.settings["user_damping"]) for trial in more.trials}
    assert {(trial.value, trial.settings["user_damping"]) for trial in first.trials} <= kept


def test_other_rows_are_another_search(train: Ratings, tmp_path: Path) -> None:
    tune(train, "baseline", space=SPACE, trials=2, folder=tmp_path)
    other = dataclasses.replace(train, values=np.clip(train.values + np.float32(0.1), 0, 5))
    assert len(tune(other, "baseline", space=SPACE, trials=1, folder=tmp_path).trials) == 1


def test_the_default_space_has_the_free_settings_of_the_model() -> None:
    assert set(space_for("baseline")) == {"user_damping", "item_damping"}
    usual = set(space_for("dot_bias"))
    assert {"factors", "learning_rate"} < usual and "dropout" not in usual and "user_damping" not in usual
    assert set(space_for("dot_bias", fixed={"factors": 8})) == usual - {"factors"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"nonsense": (1, 2)}, "no setting 'nonsense'"),
        ({"user_damping": (3, 1)}, "3 to 1 is not a range"),
        ({"user_damping": (0, 1, "log")}, "not a range"),
        ({"user_damping": "wide"}, "'wide' is not a range"),
    ],
)
def test_an_invalid_space_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        space_for("baseline", asked)


def test_a_model_of_choices_needs_a_metric_of_lists(train: Ratings, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CallerError, match=r"ease has no metric 'rmse'. Choose a metric of lists, such as ndcg@10"):
        tune(train, "ease", trials=1)
    assert capfd.readouterr().err == "", "optuna logs no trace"


def test_a_metric_without_values_is_refused(train: Ratings) -> None:
    with pytest.raises(CallerError, match="no metric 'nonsense'"):
        tune(train, "baseline", metric="nonsense", trials=1)
