"""RMSE for known or new users by known or new items, by number of ratings given for the new ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting import Quadrants, Split, quadrants
from penchant.evaluation.comparison.specs import comparison_specs
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, RecommenderScorer
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.user_metrics import measure
from penchant.foundations.plain_table import plain_table
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.intervals import Interval, UserSums, bootstrap

GIVEN = (0, 1, 3, 5, 10, 20)
_TITLES = {
    "known": "known user, known item",
    "new_user": "new user, known item",
    "new_item": "known user, new item",
    "both_new": "new user, new item",
}


@dataclass(frozen=True)
class Cell:
    """One model's RMSE in one quadrant. given: number of ratings folded in for each new user and item."""

    model: str
    quadrant: str
    given: int
    rmse: Interval
    sums: UserSums
    rows: int


@dataclass(frozen=True)
class QuadrantTable:
    """cells: for each model, quadrant and number given; one number in the known quadrant, where nothing is new."""

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
        parts = [f"RMSE by quadrant, with {self.level:.0%} intervals over users. Split: {self.name}"]
        for quadrant, title in _TITLES.items():
            own = [cell for cell in self.cells if cell.quadrant == quadrant]
            if own:
                parts.append(f"{title}: {own[0].rows:,} ratings\n{_table(own)}")
        return "\n\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        """The table as JSON values."""
        kept = ("model", "quadrant", "given", "rows")
        cells = [{**{name: getattr(c, name) for name in kept}, "rmse": c.rmse.to_json()} for c in self.cells]
        return {"split": self.name, "level": self.level, "cells": cells}


def _table(cells: Sequence[Cell]) -> str:
    """One row for each model, one column for each number given."""
    given = list(dict.fromkeys(cell.given for cell in cells))
    heads = ["ratings given" if len(given) > 1 else "", *(f"{g}" if len(given) > 1 else "RMSE" for g in given)]
    rows = []
    for model in dict.fromkeys(cell.model for cell in cells):
        rows.append([model, *(_format(cell.rmse) for cell in cells if cell.model == model)])
    return plain_table(heads, rows)


def _format(rmse: Interval) -> str:
    return f"{rmse.value:.3f} ± {(rmse.high - rmse.low) / 2:.3f}"


def quadrant_table(
    ratings: Ratings,
    models: Sequence[Any],
    *,
    given: Sequence[int] = GIVEN,
    seed: int = 0,
    split_seed: int = 42,
    progress: Progress | None = None,
    settings: EvaluationSettings | None = None,
    **split: Any,
) -> QuadrantTable:
    """Hide a share of the users and items, train each model once, and evaluate it on all four quadrants.

    models: as for `compare`; baselines are added. given: numbers of ratings of each new user and item that are folded
    in, without retraining; the test rows are the same for every number. seed: of training. split_seed: of the choice of
    hidden users, items and rows. split: other arguments of `split.quadrants`. External models are given no ratings.
    """
    how = settings or EvaluationSettings(ranking=False)
    bar = progress or Silent()
    splits = {g: quadrants(ratings, given=g, reserve=max(given), seed=split_seed, **split) for g in given}
    plain = splits[min(given)]
    known = next(iter(plain.splits().values()))
    specs = comparison_specs(models, known)
    bar.start("quadrants", len(specs))
    cells: list[Cell] = []
    for spec in specs:
        scorer = spec.scorer(known, seed)
        if scorer.predicts_ratings:
            cells += _cells(scorer, splits, how)
        bar.step()
    return QuadrantTable(cells, plain.name, how.level)


def _cells(scorer: EvaluationScorer, splits: dict[int, Quadrants], how: EvaluationSettings) -> Iterator[Cell]:
    for g, four in splits.items():
        for quadrant, split in four.splits().items():
            if quadrant != "known" or g == min(splits):
                yield _cell(_folded_in(scorer, split), quadrant, g, split, how)


def _folded_in(scorer: EvaluationScorer, split: Split) -> EvaluationScorer:
    """The scorer with the split's given ratings folded in."""
    if isinstance(scorer, RecommenderScorer):
        return RecommenderScorer(scorer.model, split, scorer.label)
    return scorer


def _cell(scorer: EvaluationScorer, quadrant: str, given: int, split: Split, how: EvaluationSettings) -> Cell:
    sums = measure(scorer, split, how).metrics["rmse"]
    rng = np.random.default_rng(how.seed)
    interval = bootstrap(sums, rng=rng, replicates=how.replicates, level=how.level)
    return Cell(scorer.label, quadrant, given, interval, sums, len(split.test))
