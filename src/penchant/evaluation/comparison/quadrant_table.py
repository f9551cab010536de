"""Known or new user by known or new item: the error in each quadrant, by how many ratings of the new ones are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting import Quadrants, Split, quadrants
from penchant.evaluation.comparison.contestants import entries_of
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, RecommenderScorer
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, measure
from penchant.foundations.plain_table import plain_table
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.intervals import Interval, UserSums, bootstrap

GIVEN = (0, 1, 3, 5, 10, 20)
_WORDS = {
    "known": "known user, known item",
    "new_user": "new user, known item",
    "new_item": "known user, new item",
    "both_new": "new user, new item",
}


@dataclass(frozen=True)
class Cell:
    """One model's RMSE in one quadrant with so many ratings given of each new user and item."""

    model: str
    quadrant: str
    given: int
    rmse: Interval
    sums: UserSums
    rows: int


@dataclass(frozen=True)
class QuadrantTable:
    """cells: for each model, quadrant and number given; the known quadrant has one, since nobody in it is new."""

    cells: Sequence[Cell]
    name: str
    level: float

    def cell(self, model: str, quadrant: str, given: int) -> Cell:
        """The cell of that model, quadrant and number given."""
        return next(c for c in self.cells if (c.model, c.quadrant, c.given) == (model, quadrant, given))

    @property
    def models(self) -> list[str]:
        """The models, in the order they were asked for."""
        return list(dict.fromkeys(cell.model for cell in self.cells))

    def __str__(self) -> str:
        parts = [f"RMSE by what is known, with {self.level:.0%} intervals over users. {self.name}"]
        for quadrant, words in _WORDS.items():
            mine = [cell for cell in self.cells if cell.quadrant == quadrant]
            if mine:
                parts.append(f"{words}: {mine[0].rows:,} ratings\n{_table(mine)}")
        return "\n\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        """The table as JSON values."""
        kept = ("model", "quadrant", "given", "rows")
        cells = [{**{name: getattr(c, name) for name in kept}, "rmse": vars(c.rmse)} for c in self.cells]
        return {"split": self.name, "level": self.level, "cells": cells}


def _table(cells: Sequence[Cell]) -> str:
    """One line a model, one column for each number given."""
    given = list(dict.fromkeys(cell.given for cell in cells))
    heads = ["given" if len(given) > 1 else "", *(f"{g}" if len(given) > 1 else "RMSE" for g in given)]
    rows = []
    for model in dict.fromkeys(cell.model for cell in cells):
        rows.append([model, *(_spelled(cell.rmse) for cell in cells if cell.model == model)])
    return plain_table(heads, rows)


def _spelled(rmse: Interval) -> str:
    return f"{rmse.value:.3f} ± {(rmse.high - rmse.low) / 2:.3f}"


def quadrant_table(
    ratings: Ratings,
    models: Sequence[Any],
    *,
    given: Sequence[int] = GIVEN,
    seed: int = 0,
    split_seed: int = 42,
    progress: Progress | None = None,
    measuring: EvaluationSettings | None = None,
    **split: Any,
) -> QuadrantTable:
    """Hide a share of users and of items whole, train each model once, and ask it about all four quadrants.

    models: as for `compare`; baselines are added. given: how many ratings of each new user and item are folded in,
    without retraining; every number given is tested on the same rows. seed: of training. split_seed: which users,
    items and cells are hidden. split: other arguments of `split.quadrants`. Other libraries are given nothing.
    """
    how = measuring or EvaluationSettings(ranking=False)
    told = progress or Silent()
    splits = {g: quadrants(ratings, given=g, reserve=max(given), seed=split_seed, **split) for g in given}
    plain = splits[min(given)]
    whole = next(iter(plain.splits().values()))
    entries = entries_of(models)
    told.start("quadrants", len(entries))
    cells: list[Cell] = []
    for entry in entries:
        contestant = entry.trained(whole, seed)
        if contestant.predicts_ratings:
            cells += _cells(contestant, splits, how)
        told.step()
    return QuadrantTable(cells, plain.name, how.level)


def _cells(contestant: EvaluationScorer, splits: dict[int, Quadrants], how: EvaluationSettings) -> Iterator[Cell]:
    for g, four in splits.items():
        for quadrant, split in four.splits().items():
            if quadrant != "known" or g == min(splits):
                yield _cell(_told(contestant, split), quadrant, g, split, how)


def _told(contestant: EvaluationScorer, split: Split) -> EvaluationScorer:
    """The contestant once it has been given what this split gives."""
    if isinstance(contestant, RecommenderScorer):
        return RecommenderScorer(contestant.model, split, contestant.label)
    return contestant


def _cell(contestant: EvaluationScorer, quadrant: str, given: int, split: Split, how: EvaluationSettings) -> Cell:
    sums = measure(contestant, split, how).metrics["rmse"]
    rng = np.random.default_rng(how.seed)
    interval = bootstrap(sums, rng=rng, replicates=how.replicates, level=how.level)
    return Cell(contestant.label, quadrant, given, interval, sums, len(split.test))
