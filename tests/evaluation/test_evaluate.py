from __future__ import annotations

import json

import numpy as np
import pytest

from evaluation.made_worlds import NOISE, World
from evaluation.test_contestants import hidden_items
from penchant.evaluation.report.overfitting import curves, verdict
from penchant.evaluation.report.report import Report
from penchant.evaluation.scoring.baselines import GlobalMean
from penchant.evaluation.scoring.evaluate import evaluate
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, measure, measured_rows
from penchant.foundations.errors import SettingsError
from penchant.metrics import rating_error


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def report(world: World) -> Report:
    split = world.split()
    blurred = world.oracle(split.train, blur=0.4)
    return evaluate(world.oracle(split.train), split, beside={"blurred": blurred}, relevant_from=3.5, at=(5, 10))


def test_the_model_that_knows_the_world_reaches_its_noise(report: Report) -> None:
    assert report["rmse"].low < NOISE < report["rmse"].high
    assert report["within_90%"].low < 0.9 < report["within_90%"].high


def test_worse_knowledge_gives_worse_figures(report: Report) -> None:
    good, blurred, *_ = report.lines
    assert [line.label for line in report.lines[:2]] == ["oracle", "blurred"]
    for name in ("rmse", "mae"):
        assert good.metrics[name].value < blurred.metrics[name].value
    for name in ("log_likelihood", "auc", "ndcg@10", "recall@5", "map@10"):
        assert good.metrics[name].value > blurred.metrics[name].value


def test_baselines_stand_beside_and_say_only_what_they_can(report: Report) -> None:
    lines = {line.label: line.metrics for line in report.lines}
    assert "rmse" in lines["mean"] and "ndcg@10" not in lines["mean"]
    assert "ndcg@10" in lines["popular"] and "rmse" not in lines["popular"]


def test_figures_are_the_metrics_of_the_answers(world: World) -> None:
    split = world.split()
    outcome = measure(GlobalMean(split), split, EvaluationSettings())
    expected = rating_error.rmse(split.test.values, np.full(len(split.test), split.train.mean))
    assert outcome.metrics["rmse"].value == pytest.approx(expected)


def test_the_protocol_counts_who_was_met(world: World) -> None:
    split = hidden_items(world)
    scored = evaluate(world.oracle(split.train), split, pictures=False)
    assert scored.protocol["test_items"] == {"met": 0, "unmet": len(set(split.test.item_numbers.tolist()))}
    assert "Rows of unmet ones are scored like all others" in str(scored)


def test_unseen_rows_are_scored_unless_dropped(world: World) -> None:
    rows = np.concatenate([np.flatnonzero(world.ratings.item_numbers == 3), np.arange(0, 3000, 9)])
    from penchant.data.splitting import split_rows

    split = split_rows(world.ratings, np.unique(rows), question="?", name="mixed")
    assert len(measured_rows(split, EvaluationSettings())) == len(split.test)
    kept = measured_rows(split, EvaluationSettings(unseen="drop"))
    assert set(kept.item_numbers.tolist()) <= set(split.train.item_numbers.tolist())
    assert len(kept) == len(split.test) - (world.ratings.item_numbers == 3).sum()
    with pytest.raises(SettingsError):
        EvaluationSettings(unseen="guess")


def test_the_same_seed_gives_the_same_intervals(world: World) -> None:
    split = world.split()
    one, two, three = (evaluate(world.oracle(split.train), split, pictures=False, seed=s)["rmse"] for s in (1, 1, 2))
    assert one == two and one.low != three.low


def test_the_table_reads_as_text(report: Report) -> None:
    text = str(report)
    assert "RMSE" in text and "NDCG @ 5" in text and "oracle" in text and "blurred" in text
    assert "3 in 4" not in text and "liked means rated 3.5 or more" in text
    widths = {len(line) for line in text.splitlines() if line.startswith(("RMSE", "MAE"))}
    assert len(widths) == 1


def test_json_holds_figures_protocol_and_slices(report: Report) -> None:
    values = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert values["metrics"]["oracle"]["rmse"]["value"] == pytest.approx(report["rmse"].value)
    assert values["metrics"]["oracle"]["coverage@10"]["low"] is None
    assert values["protocol"]["split"] == "random(test=0.25, seed=1)" and values["protocol"]["versions"]["numpy"]
    of_users = values["by_user"]["oracle"]["rmse"]
    assert list(of_users) == ["10%", "25%", "50%", "75%", "90%"] and of_users["10%"] < NOISE < of_users["90%"]
    cuts = {one["by"] for one in values["slices"]}
    assert cuts == {"user activity", "item popularity", "what answers rest on", "item genres"}
    by_genre = [one for one in values["slices"] if one["by"] == "item genres"]
    assert sum(one["rows"] for one in by_genre) == values["protocol"]["rows"]["tested"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0, 0.9, 0.8, 0.7], "still falling"),
        ([1.0, 0.8, 0.79, 0.9], "best at epoch 3"),
        ([1.0, 0.8, 0.8, 0.8], "level"),
    ],
)
def test_the_verdict_reads_the_validation_curve(values: list[float], words: str) -> None:
    history = [{"train_loss": 0.25, "validation_rmse": value} for value in values]
    assert words in verdict(0.5, 0.8, history)


@pytest.mark.parametrize(
    ("epoch", "names"),
    [
        (
            {"train_loss": 0.25, "learning_rate": 0.1, "validation_rmse": 0.9},
            {"train_rmse": 0.5, "validation_rmse": 0.9},
        ),
        ({"train_loss": 0.25, "learning_rate": 0.1}, {"train_loss": 0.25}),
        ({"epoch": 1.0, "train_rmse": 0.6}, {"train_rmse": 0.6}),
        ({"sample": 1.0, "train_rmse": 0.7, "validation_rmse": 0.8}, {"train_rmse": 0.7, "validation_rmse": 0.8}),
        ({"epoch": 1.0}, {}),
    ],
)
def test_curves_of_every_way_of_training_have_one_spelling(epoch: dict[str, float], names: dict[str, float]) -> None:
    assert {curve.name: curve.values[1] for curve in curves([epoch, epoch])} == names
    assert curves([epoch]) == [] and curves([]) == []


@pytest.mark.parametrize(
    ("train", "words"), [(0.795, "room for more factors"), (0.7, "does no harm"), (0.3, "more regularisation")]
)
def test_the_verdict_without_curves_reads_the_gap(train: float, words: str) -> None:
    assert words in verdict(train, 0.8)


def test_models_learn_when_a_test_rating_was_made_only_where_that_is_asked_for(world: World) -> None:
    told = []

    class Watching(GlobalMean):
        def predict(self, users: np.ndarray, items: np.ndarray, times: np.ndarray | None = None) -> object:
            told.append(times)
            return super().predict(users, items)

    split = world.split()
    measure(Watching(split), split, EvaluationSettings())
    measure(Watching(split), split, EvaluationSettings(times=True))
    assert told[0] is None and told[1] is split.test.timestamps
    said = str(evaluate(world.oracle(split.train), split, pictures=False, times=True))
    assert "told when each test rating was made" in said
