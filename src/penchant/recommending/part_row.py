"""PartRow: one user's or item's row in one part, with its source and its posterior.

All fold-in and growth in this package goes through this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Numbers
from penchant.models.pair_predictions import from_products, score_pairs, score_table
from penchant.models.rows import Floats, Rows
from penchant.models.scorers import RowPosterior, SideName
from penchant.models.trained import TrainedModel
from penchant.recommending.fold_in import infer
from penchant.recommending.growth import grown
from penchant.recommending.item_index import PartIndex
from penchant.recommending.reranking import drawn_scores
from penchant.recommending.results import Prediction, Source, weaker
from penchant.recommending.row_lookup import resolve


@dataclass(frozen=True)
class PartRow:
    """A row of one side of one part.

    rows: (S, 1, D). numbers, values: (n,), the other side's numbers that were rated (or that rated it), and how.
    features: its one row of features, or None. history: those of the numbers whose selection is implicit feedback;
    None for all of them. solved: the posterior, where the row was folded in just now. times: (n,), when the ratings
    were made; None: all as late as the last training rating.
    """

    part: PartIndex
    of: SideName
    rows: Rows
    source: Source
    numbers: Numbers
    values: NDArray[np.float32]
    features: FeatureTable | None = None
    history: Numbers | None = None
    solved: RowPosterior | None = None
    times: NDArray[np.int64] | None = None

    @classmethod
    def folded_in(
        cls,
        part: PartIndex,
        of: SideName,
        numbers: Numbers,
        values: NDArray[Any],
        features: FeatureTable | None = None,
        history: Numbers | None = None,
        times: NDArray[np.int64] | None = None,
    ) -> PartRow:
        """The row by the update that training takes for one row."""
        found = infer(part.trained, of, numbers, values, features, history, times)
        own = values.astype(np.float32)
        return cls(part, of, found.rows, found.source, numbers, own, features, history, found.posterior, times)

    @property
    def trained(self) -> TrainedModel:
        return self.part.trained

    @cached_property
    def posterior(self) -> RowPosterior:
        """The posterior of the row given its ratings, from which their contributions follow."""
        if self.solved is not None:
            return self.solved
        return infer(
            self.trained, self.of, self.numbers, self.values, self.features, self.history, self.times
        ).posterior

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays of the row and of its posterior."""
        parts = (self, self.rows, self.solved)
        held = [value for part in parts if part is not None for value in vars(part).values()]
        sizes: dict[int, int] = {}
        for array in held:
            if isinstance(array, np.ndarray):
                own = id(array if array.base is None else array.base)  # two views of one array are held once
                sizes[own] = max(sizes.get(own, 0), array.nbytes)
        return sum(sizes.values())

    def predict(self, numbers: Numbers, *, features: FeatureTable | None = None) -> Prediction:
        """Predictions of the part for this row and B numbers of the other side, (B,).

        features: a table with a row for each number, used for unknown ones.
        """
        of_user = self.of == "users"
        found = resolve(
            self.trained.items if of_user else self.trained.users, numbers, features and features.take(numbers)
        )
        pair = (self.rows, found.rows) if of_user else (found.rows, self.rows)
        scores = score_pairs(self.trained, *pair)
        own = np.full(len(numbers), self.source, dtype=object)
        sides = (own, found.sources) if of_user else (found.sources, own)
        return Prediction(scores.mean, scores.std, weaker(own, found.sources), *sides)

    def item_scores(self, explore: Any = None) -> Floats:
        """Scores of all items for a user's row, (I,), not clipped. explore: the seed of one posterior sample."""
        if explore is None:
            return self._expected_scores()
        return drawn_scores(self.trained, self.rows, self._covariance(), explore)

    def _expected_scores(self) -> Floats:
        """The posterior means of the scores, by a kernel: for so small a product, BLAS would wait for busy cores."""
        stacked = self.part.stacked
        if stacked is None:
            return score_table(self.trained, self.rows)[0]
        from penchant.training.kernels.top_n_kernels import products_of_one

        products = np.empty(len(stacked), np.float32)
        products_of_one(self.trained.scorer.stacked_users(self.rows)[0], stacked, products)
        return from_products(self.trained, products[None])[0]

    def _covariance(self) -> NDArray[Any] | None:
        """The covariance of the row within a sample. A trained row of a one-sample model has that of its fold-in."""
        if self.rows.covariance is not None:
            return self.rows.covariance[:, 0]
        return self.posterior.covariance if self.trained.samples == 1 else None

    def kept(self, wanted: Any) -> TrainedModel:
        """The part with this row stored under an id; it replaces an existing row."""
        return grown(self.trained, self.of, wanted, self.rows, self.numbers, self.values, self.features)
