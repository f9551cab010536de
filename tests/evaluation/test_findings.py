"""What reports say in words, on made tables where the answer is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.made_worlds import World
from penchant.data.scale import Scale
from penchant.data.splitting import Split
from penchant.evaluation.comparison.compare import compare
from penchant.evaluation.report.evaluate import evaluate
from penchant.evaluation.report.report import Report
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.findings import list_findings, population_findings, ranker_findings
from penchant.metrics.intervals import UserSums
from penchant.recommending.ranker import Ranker
from penchant.recommending.recommender import Recommender, main_model
from penchant.training import registry

WORLD = World()
SETTINGS = EvaluationSettings()


def per_user(values: list[float]) -> dict[str, UserSums]:
    return {"ndcg@10": UserSums.mean(np.array(values * 50))}


@pytest.fixture(scope="module")
def split() -> Split:
    return WORLD.split()


@pytest.fixture(scope="module")
def report(split: Split) -> Report:
    """Of a model whose lists show first what is least liked."""
    trained = main_model(WORLD.oracle(split.train))
    items = replace(trained.items, bias=-3 * trained.items.bias, vectors=-trained.items.vectors)
    return evaluate(Recommender.of(replace(trained, items=items)), split)


def test_lists_worse_than_popularity_give_a_finding_with_both_metrics() -> None:
    popular, worse, better = per_user([0.2, 0.4]), per_user([0.1, 0.2]), per_user([0.5, 0.6])
    said = list_findings({"low": worse, "high": better, "popular": popular}, ["low", "high"], SETTINGS)
    assert len(said) == 1
    assert said[0].startswith("The lists of low are worse than plain popularity: NDCG @ 10 0.150 against 0.300. ")
    assert "95% interval of the difference" in said[0] and "excludes zero" in said[0]


def test_a_difference_within_chance_is_stated() -> None:
    popular, model = per_user([0.0, 1.0]), per_user([0.98, 0.0])
    assert "includes zero" in list_findings({"m": model, "popular": popular}, ["m"], SETTINGS)[0]


def test_the_best_recent_popularity_is_named_by_its_window() -> None:
    rows = {"m": per_user([0.2]), "popular": per_user([0.1]), "popular, 7 days": per_user([0.3])}
    said = list_findings(rows, ["m"], SETTINGS)[0]
    assert "worse than the popularity of the last 7 days: NDCG @ 10 0.200 against 0.300" in said
    assert said.endswith("or use popular(window=7).")
    assert list_findings({**rows, "m": per_user([0.4])}, ["m"], SETTINGS) == []


def test_the_remedy_differs_for_rating_and_choice_models() -> None:
    popular = per_user([0.3])
    rates = per_user([0.2]) | {"rmse": UserSums.mean(np.ones(50))}
    said = list_findings({"a": rates, "b": per_user([0.2]), "popular": popular}, ["a", "b"], SETTINGS)
    assert "train a choice model" in said[0] and "train a choice model" not in said[1]


def test_a_recommender_with_both_parts_is_not_sent_to_itself() -> None:
    both = per_user([0.2]) | {"rmse": UserSums.mean(np.ones(50))}
    rows = {"m": both, "m, by rating": per_user([0.1]), "popular": per_user([0.3])}
    assert "Its choice model does not fit" in list_findings(rows, ["m"], SETTINGS)[0]


def test_lists_by_rating_are_sent_to_the_combined_order() -> None:
    rows = {"m, by rating": per_user([0.2]), "popular": per_user([0.3])}
    assert "ask for the combined order" in list_findings(rows, ["m, by rating"], SETTINGS)[0]


@pytest.mark.parametrize(
    ("facts", "cut", "said"),
    [
        ({"in_time": True, "asked_cut": "auto"}, None, "hides rows of all times"),
        ({"in_time": False, "asked_cut": "random"}, 9, 'cut="auto"'),
    ],
)
def test_a_ranker_fitted_for_another_question_is_a_finding(
    split: Split, facts: dict[str, Any], cut: int | None, said: str
) -> None:
    ranker = Ranker({"log_choice": 1.0}, {"log_choice": 1.0}, facts=facts)
    model = Recommender(choice_model=registry.train(split.train, "ease", regularization=9.0), ranker=ranker)
    (found,) = ranker_findings(model, replace(split, cut=cut))
    assert said in found
    assert ranker_findings(model, replace(split, cut=None if cut else 9)) == []
    assert ranker_findings(Recommender(choice_model=model.choice_model), split) == []


def test_without_the_metric_there_is_no_finding() -> None:
    assert list_findings({"m": {}, "popular": per_user([0.3])}, ["m"], SETTINGS) == []
    assert list_findings({"m": per_user([0.1])}, ["m"], SETTINGS) == []


def test_the_finding_is_in_text_json_and_page(report: Report, tmp_path: Path) -> None:
    said = [one for one in report.findings if one.startswith("The lists of oracle are worse than plain popularity")]
    assert len(said) == 1 and said[0] in str(report)
    assert said[0] in json.loads(json.dumps(report.to_json(), allow_nan=False))["findings"]
    assert said[0] in report.to_html(tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_comparison_has_the_finding_too(split: Split, tmp_path: Path) -> None:
    trained = main_model(WORLD.oracle(split.train))
    upside_down = replace(trained, items=replace(trained.items, bias=-3 * trained.items.bias))
    found = compare([Recommender.of(upside_down)], split)
    assert [one for one in found.findings if one.startswith("The lists of oracle are worse")]
    assert not [one for one in found.findings if one.startswith(("The lists of popular", "The lists of baseline"))]
    assert found.findings[0] in str(found) and found.to_json()["findings"] == found.findings
    assert found.findings[0] in found.to_html(tmp_path / "comparison.html").read_text(encoding="utf-8")


def test_the_report_has_the_number_of_users_with_lists(report: Report, split: Split) -> None:
    liked = split.test.values >= np.quantile(split.train.values, 0.5, method="lower")
    users, every = len(set(split.test.user_numbers[liked].tolist())), len(set(split.test.user_numbers.tolist()))
    assert 0 < users < every or users == every
    assert f"List metrics rest on {users} of the {every} test users" in str(report)
    assert report.protocol["list_users"] == users


def test_lists_without_a_liked_test_item_are_explained(split: Split) -> None:
    found = evaluate(WORLD.oracle(split.train), split, plots=False, relevant_from=99.0)
    assert "ndcg@10" not in found.names
    assert "There are no list metrics: no test item is rated 99 or more" in str(found)


def test_few_users_and_equal_ratings_are_findings(split: Split) -> None:
    best = float(np.sort(split.test.values)[-3])
    assert "rest on" in population_findings(split, EvaluationSettings(relevant_from=best))[0]
    equal = replace(split, train=replace(split.train, values=np.full(len(split.train), 4.0, np.float32)))
    assert "All training ratings are equal" in population_findings(equal, SETTINGS)[0]
    assert population_findings(split, EvaluationSettings(ranking=False)) == []
    plays = np.where(np.arange(len(split.train)) % 50 == 0, 400, 1 + np.arange(len(split.train)) % 3)
    counts = replace(split, train=replace(split.train, values=plays.astype(np.float32)))
    assert "look like counts" in population_findings(counts, EvaluationSettings(ranking=False))[0]
    chosen = replace(equal, train=replace(equal.train, scale=Scale(4.0, 4.0, kind="choices")))
    assert population_findings(chosen, EvaluationSettings(ranking=False)) == []


def test_probabilities_of_a_true_model_are_reliable_and_those_of_a_false_one_are_not(
    report: Report, split: Split, tmp_path: Path
) -> None:
    true = evaluate(WORLD.oracle(split.train), split)
    assert true["like_gap"].value < 0.06 < report["like_gap"].value
    bins = true.to_json()["p_like_reliability"]
    assert sum(one["rows"] for one in bins) == len(split.test) and len(bins) <= 10
    assert "Reliability of P(like)" in true.to_html(tmp_path / "true.html").read_text(encoding="utf-8")
    assert "like_gap" not in {name for row in true.rows if row.label in ("popular", "mean") for name in row.metrics}
