"""The lists of a recommender with two parts by each part alone: what each part contributes to the combined order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.evaluation.scoring.evaluation_scorers import Numbers, RecommenderScorer, ScorerOutput
from penchant.recommending.options import By
from penchant.recommending.recommender import Recommender

PARTS: tuple[By, ...] = ("rating", "choice")
"""The orders of the parts of a recommender whose own order combines them."""


class PartOrder:
    """A recommender's lists in the order of one part; ratings are measured with its own order."""

    predicts_ratings, ranks = False, True

    def __init__(self, scorer: RecommenderScorer, by: By) -> None:
        self._scorer, self._by = scorer, by
        self.label = f"{scorer.label}, by {by}"

    def predict(self, users: Numbers, items: Numbers, times: NDArray[np.int64] | None = None) -> ScorerOutput:
        return self._scorer.predict(users, items, times)

    def score_rows(self, users: Numbers) -> NDArray[Any]:
        return self._scorer.score_rows_by(users, self._by)


def part_orders(scorer: RecommenderScorer) -> list[PartOrder]:
    """The orders by each part; none for a recommender with a single part."""
    return [PartOrder(scorer, by) for by in PARTS] if has_two_parts(scorer.model) else []


def has_two_parts(model: Recommender) -> bool:
    """Whether a recommender has a rating model and a choice model."""
    return model.rating_model is not None and model.choice_model is not None
