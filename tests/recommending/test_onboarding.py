"""Preference elicitation asks about informative items that users know."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from made_models import made
from penchant.data.vocabulary import Vocabulary
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.recommender import Recommender
from recommending.made_scorers import SCORERS


def world(counts: list[int], vectors: list[list[float]]) -> TrainedModel:
    trained = made(samples=1)
    size = len(counts)
    items = Side(
        Vocabulary(np.arange(size)), np.zeros((1, size), np.float32), np.array([vectors], np.float32),
        np.array(counts, np.int32), trained.items.prior,
    )  # fmt: skip
    return dataclasses.replace(trained, items=items)


def test_the_first_question_is_about_the_item_with_the_highest_variance() -> None:
    model = Recommender.of(world([9, 9, 9, 9], [[0.1, 0], [2, 0], [0.1, 0.1], [2, 0.1]]))
    asked = [question.item for question in model.fold_in().onboarding(4)]
    assert asked[0] in {1, 3}
    assert sorted(asked) == [0, 1, 2, 3]


def test_the_gain_is_the_reduction_of_the_error() -> None:
    model = Recommender.of(world([9, 5, 7], [[1, 0], [0, 1], [1, 1]]))
    first = model.fold_in().onboarding(1)[0]

    def error(answers: dict[int, float]) -> float:
        """The weighted squared error left over the catalogue, without the noise of a rating."""
        spread = model.fold_in(answers).predict([0, 1, 2]).std ** 2 - 1
        return float(spread @ np.array([9, 5, 7]) / 21)

    removed = {item: 1 - error({item: 3.0}) / error({}) for item in (0, 1, 2)}
    assert first.item == max(removed, key=lambda item: removed[item])
    assert first.gain == pytest.approx(removed[first.item], rel=1e-3)
    second = model.fold_in({first.item: 3.0}, asked=[first.item]).onboarding(1)[0]
    assert second.item == model.fold_in().onboarding(2)[1].item


def test_a_question_is_not_asked_in_other_words() -> None:
    """Items 0 and 1 say nearly the same; once one of them is asked about, the other reduces the error less."""
    model = Recommender.of(world([9, 9, 9], [[2, 0], [1.9, 0], [0, 1.8]]))
    gains = {item: model.fold_in().onboarding(1, skip={0, 1, 2} - {item})[0].gain for item in (0, 1, 2)}
    assert gains[0] > gains[1] > gains[2]
    asked = model.fold_in().onboarding(3)
    assert [question.item for question in asked] == [0, 2, 1]
    again = model.fold_in({0: 3.0}, asked=[0]).onboarding(1)[0]
    assert again.item == 2
    start, left = (sum(model.fold_in(said).predict([0, 1, 2]).std ** 2 - 1) for said in ({}, {0: 3.0}))
    assert asked[1].gain == pytest.approx(again.gain * left / start, rel=1e-3)


def test_items_that_few_users_know_are_not_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penchant.recommending.elicitation.FEW", 1)
    model = Recommender.of(world([4, 3, 0, 2], [[1, 0], [0, 1], [9, 9], [1, 1]]))
    monkeypatch.setattr("penchant.recommending.elicitation.KNOWN", 0.7)
    assert {q.item for q in model.fold_in().onboarding(2)} == {0, 1}
    assert {q.item for q in model.fold_in().onboarding(9)} == {0, 1, 3}
    assert {q.item for q in model.fold_in({0: 4.0}, asked=[0]).onboarding(9, skip=[1, 404])} == {3}


@pytest.mark.parametrize("name", SCORERS)
def test_every_scorer_has_questions(name: str) -> None:
    gains = [question.gain for question in Recommender.of(made(SCORERS[name], samples=1)).fold_in().onboarding(4)]
    assert len(gains) == 4
    assert all(0 <= gain <= 1 for gain in gains)
