"""Explanations add up to the score they explain."""

from __future__ import annotations

import json

import numpy as np
import pytest

from made_models import made
from penchant.models.scorers import DotScorer
from penchant.recommending.recommender import Recommender, main_model
from recommending.made_scorers import SCORERS


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("item", [7, 9, 5, 404])
def test_the_parts_add_up_for_known_and_unknown_users(name: str, item: int) -> None:
    model = Recommender.of(made(SCORERS[name], samples=1))
    for found in (
        model.explain("ann", item),
        model.explain("zoe", item),
        model.fold_in({7: 4.0, 3: 1.5}).explain(item),
    ):
        assert found.total == pytest.approx(found.score, abs=1e-4)
        assert found.predicted == pytest.approx(main_model(model).clip(_linked(model, found.score)), abs=1e-3)
        json.dumps(found.to_json())


def _linked(model: Recommender, score: float) -> float:
    scorer = main_model(model).scorer
    return float(scorer.linked(np.array([[score]], np.float32))[0, 0]) if isinstance(scorer, DotScorer) else score
