"""Which test rows are evaluated, which of them have a known user and item, and which ratings are relevant."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penchant.data.liked import liked_from
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings


def evaluated_rows(split: Split, settings: EvaluationSettings) -> Ratings:
    """The test ratings that are evaluated: all of them, or those of known users and items."""
    if settings.unseen == "score":
        return split.test
    return split.test.take(known_pairs(split, split.test))


def known_pairs(split: Split, rows: Ratings) -> NDArray[np.bool_]:
    """Which rows (n,) have a user and an item that both have training ratings."""
    known: NDArray[np.bool_] = known_ids(split, "user")[rows.user_numbers] & known_ids(split, "item")[rows.item_numbers]
    return known


def known_ids(split: Split, side: Literal["user", "item"]) -> NDArray[np.bool_]:
    """For each number of the test's users (U,) or items (I,): whether it has a training rating."""
    numbers, vocabulary = getattr(split.train, f"{side}_numbers"), getattr(split.test, f"{side}s")
    rated: NDArray[np.bool_] = np.bincount(numbers, minlength=len(vocabulary)) > 0
    return rated


def relevance_threshold(split: Split, settings: EvaluationSettings) -> float:
    """The lowest rating of a relevant item: as set, or the lowest of all, or the lowest liked one in training."""
    if settings.relevant_from is not None:
        return settings.relevant_from
    if split.relevant == "all":
        return float(min(split.train.values.min(), split.test.values.min()))
    return liked_from(split.train.values)
