from __future__ import annotations

import dataclasses
import json
from datetime import datetime
from typing import get_type_hints

import numpy as np
import pytest

from evaluation.made_worlds import NOISE, World
from evaluation.test_evaluation_scorers import hidden_items
from penchant.evaluation.report import charts
from penchant.evaluation.report.evaluate import evaluate
from penchant.evaluation.report.report import Report
from penchant.evaluation.scoring.baselines import GlobalMean
from penchant.evaluation.scoring.evaluated_rows import evaluated_rows
from penchant.evaluation.scoring.evaluation_settings import EvaluationOptions, EvaluationSettings
from penchant.evaluation.scoring.user_metrics import measure
from penchant.foundations.errors import SettingsError
from penchant.metrics import rating_error
from penchant.metrics.learning_curves import LearningCurves


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def report(world: World) -> Report:
    split = world.split()
    blurred = world.oracle(split.train, blur=0.4)
    return evaluate(world.oracle(split.train), split, others={"blurred": blurred}, relevant_from=3.5, at=(5, 10))


def test_the_true_model_has_the_error_of_the_noise(report: Report) -> None:
    assert report["rmse"].low < NOISE < report["rmse"].high
    assert report["within_90%"].low < 0.9 < report["within_90%"].high


def test_a_worse_model_has_worse_metrics(report: Report) -> None:
    good, blurred, *_ = report.rows
    assert [line.label for line in report.rows[:2]] == ["oracle", "blurred"]
    for name in ("rmse", "mae"):
        assert good.metrics[name].value < blurred.metrics[name].value
    for name in ("log_likelihood", "auc", "ndcg@10", "recall@5", "map@10"):
        assert good.metrics[name].value > blurred.metrics[name].value


def test_baselines_are_included_with_the_metrics_they_have(report: Report) -> None:
    lines = {line.label: line.metrics for line in report.rows}
    assert "rmse" in lines["mean"] and "ndcg@10" not in lines["mean"]
    assert "ndcg@10" in lines["popular"] and "rmse" not in lines["popular"]


def test_metrics_are_computed_from_the_scorers_output(world: World) -> None:
    split = world.split()
    outcome = measure(GlobalMean(split), split, EvaluationSettings())
    expected = rating_error.rmse(split.test.values, np.full(len(split.test), split.train.mean))
    assert outcome.metrics["rmse"].value == pytest.approx(expected)


def test_the_protocol_counts_known_and_unknown_ids(world: World) -> None:
    split = hidden_items(world)
    scored = evaluate(world.oracle(split.train), split, plots=False)
    assert scored.protocol["test_items"] == {"known": 0, "unknown": len(set(split.test.item_numbers.tolist()))}
    assert "Rows with an unknown user or item are scored like all others" in str(scored)


def test_unseen_rows_are_scored_unless_dropped(world: World) -> None:
    rows = np.concatenate([np.flatnonzero(world.ratings.item_numbers == 3), np.arange(0, 3000, 9)])
    from penchant.data.splitting import split_rows

    split = split_rows(world.ratings, np.unique(rows), question="?", name="mixed")
    assert len(evaluated_rows(split, EvaluationSettings())) == len(split.test)
    kept = evaluated_rows(split, EvaluationSettings(unseen="drop"))
    assert set(kept.item_numbers.tolist()) <= set(split.train.item_numbers.tolist())
    assert len(kept) == len(split.test) - (world.ratings.item_numbers == 3).sum()
    with pytest.raises(SettingsError):
        EvaluationSettings(unseen="guess")


def test_the_same_seed_gives_the_same_intervals(world: World) -> None:
    split = world.split()
    one, two, three = (evaluate(world.oracle(split.train), split, plots=False, seed=s)["rmse"] for s in (1, 1, 2))
    assert one == two and one.low != three.low


def test_the_table_as_text(report: Report) -> None:
    text = str(report)
    assert "RMSE" in text and "NDCG @ 5" in text and "oracle" in text and "blurred" in text
    assert "3 in 4" not in text and "relevant if rated 3.5 or more" in text
    widths = {len(line) for line in text.splitlines() if line.startswith(("RMSE", "MAE"))}
    assert len(widths) == 1


def test_json_holds_metrics_protocol_and_slices(report: Report) -> None:
    values = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert values["metrics"]["oracle"]["rmse"]["value"] == pytest.approx(report["rmse"].value)
    assert values["metrics"]["oracle"]["coverage@10"]["low"] is None
    assert values["protocol"]["split"] == "random(test=0.25, seed=1)" and values["protocol"]["versions"]["numpy"]
    of_users = values["by_user"]["oracle"]["rmse"]
    assert list(of_users) == ["10%", "25%", "50%", "75%", "90%"] and of_users["10%"] < NOISE < of_users["90%"]
    cuts = {one["by"] for one in values["slices"]}
    assert cuts == {"user activity", "item popularity", "source", "item genres"}
    by_genre = [one for one in values["slices"] if one["by"] == "item genres"]
    assert sum(one["rows"] for one in by_genre) == values["protocol"]["rows"]["tested"]


def test_the_report_summarizes_overfitting_once(report: Report) -> None:
    assert report.overfitting.startswith("The RMSE is ") and "on test rows" in report.overfitting
    assert "still falling at the last epoch" in report.overfitting  # as the model's history has it
    assert report.overfitting in str(report) and report.to_json()["overfitting"] == report.overfitting


def test_the_report_has_date_data_and_settings(world: World) -> None:
    split = dataclasses.replace(world.split(), data="/folder/world/ratings.csv")
    before = datetime.now().astimezone().replace(microsecond=0)
    found = evaluate(world.oracle(split.train), split, plots=False, at=(7,))
    assert before <= datetime.fromisoformat(found.protocol["date"]) <= datetime.now().astimezone()
    assert f"Date: {found.protocol['date'][:10]}." in str(found)
    assert found.protocol["data"] == "world/ratings.csv" and "Data: world/ratings.csv, 3,000 ratings" in str(found)
    assert found.protocol["settings"]["at"] == [7] and found.to_json()["model"]["settings"] == {"blur": 0.0}


@pytest.mark.parametrize("history", [[], [{"epoch": 1.0}, {"epoch": 2.0}], [{"train_rmse": 0.5}]])
def test_without_two_recorded_epochs_there_is_no_learning_curve(history: list[dict[str, float]]) -> None:
    assert charts.learning_curves(LearningCurves.of(history)) == ""


def test_a_learning_curve_has_a_dot_for_each_recorded_epoch() -> None:
    history = [
        {"train_rmse": 0.5, "validation_rmse": 0.9},
        {"train_rmse": 0.4},
        {"train_rmse": 0.3, "validation_rmse": 0.8},
    ]
    svg = charts.learning_curves(LearningCurves.of(history))
    assert svg.count("<circle") == 5 and "validation RMSE, epoch 3: 0.8000" in svg


def test_keyword_options_are_the_settings() -> None:
    assert get_type_hints(EvaluationOptions) == get_type_hints(EvaluationSettings)


def test_models_get_the_times_of_test_ratings_only_on_request(world: World) -> None:
    seen = []

    class Watching(GlobalMean):
        def predict(self, users: np.ndarray, items: np.ndarray, times: np.ndarray | None = None) -> object:
            seen.append(times)
            return super().predict(users, items)

    split = world.split()
    measure(Watching(split), split, EvaluationSettings())
    measure(Watching(split), split, EvaluationSettings(times=True))
    assert seen[0] is None and seen[1] is split.test.timestamps
    said = str(evaluate(world.oracle(split.train), split, plots=False, times=True))
    assert "Models are given the time of each test rating." in said
