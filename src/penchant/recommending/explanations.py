"""Explanations: the exact split of a score into the mean, the biases and the contribution of each own rating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.rows import Rows
from penchant.models.scorers import RowPosterior
from penchant.models.trained import TrainedModel
from penchant.recommending.results import Source


@dataclass(frozen=True)
class Contribution:
    """The contribution of one of the user's ratings to the score: `amount`, in units of the score."""

    item: Any
    title: str
    rating: float
    amount: float


@dataclass(frozen=True, repr=False)
class Explanation:
    """The score of one item from one part, and its terms.

    by: the part, "rating" or "choice". predicted, std: as from `predict`; None for the choice part. source: the weaker
    source of the two rows. score: the sum of the terms, before a link and before clipping.
    mean: the model's mean, or a network's output for the average user. user_bias, item_bias: by how much this user
    rates, and this item is rated, above the mean. prior: the term of the user's taste from the prior or from features.
    pulls: the contribution of each of the user's ratings, strongest first. rest: other terms of a trained row; zero for
    a folded-in row. similar: the most similar items that the user rated above their own mean; amounts are cosines.
    """

    user: Any
    item: Any
    title: str
    by: str
    predicted: float | None
    std: float | None
    source: Source
    score: float
    mean: float
    user_bias: float
    item_bias: float
    prior: float
    pulls: Sequence[Contribution]
    rest: float
    similar: Sequence[Contribution]

    def __repr__(self) -> str:
        """One line with the terms; the pulls, of which there may be hundreds, are one sum."""
        pulls = sum(pull.amount for pull in self.pulls)
        named = {"mean": self.mean, "user": self.user_bias, "item": self.item_bias, "prior": self.prior,
                 f"{len(self.pulls)} pulls": pulls, "rest": self.rest}  # fmt: skip
        return _in_a_line(self, named)

    @property
    def total(self) -> float:
        """The sum of the terms, which is the score."""
        parts = (self.mean, self.user_bias, self.item_bias, self.prior, self.rest)
        return sum(parts) + sum(pull.amount for pull in self.pulls)

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class TermShare:
    """A term of the ranker: its name, its weight, and its value for the item; it adds weight · value to the score."""

    name: str
    weight: float
    value: float

    @property
    def amount(self) -> float:
        """What the term adds to the score."""
        return self.weight * self.value


@dataclass(frozen=True, repr=False)
class RankedExplanation:
    """The score of one item in the ranker's order, as the sum of its terms, with the split of each part's own score.

    by: the order, "combined" or "choice". score: as in the list of that order. terms: those with a weight, largest
    amount first. p_choose, p_like: the probability that the item is chosen, and that it is liked; p_like is None
    without a rating part. predicted, std: as from `predict`, or None. source: the weaker source of the two rows.
    parts: by part, the split of its own score.
    """

    user: Any
    item: Any
    title: str
    by: str
    predicted: float | None
    std: float | None
    source: Source
    score: float
    terms: Sequence[TermShare]
    p_choose: float
    p_like: float | None
    parts: Mapping[str, Explanation]

    def __repr__(self) -> str:
        """One line with the terms of the ranker."""
        return _in_a_line(self, {term.name: term.amount for term in self.terms})

    @property
    def total(self) -> float:
        """The sum of the terms, which is the score."""
        return sum(term.amount for term in self.terms)

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        terms = [{**asdict(term), "amount": term.amount} for term in self.terms]
        return {**asdict(self), "terms": terms, "parts": {name: part.to_json() for name, part in self.parts.items()}}


def _in_a_line(why: Explanation | RankedExplanation, terms: Mapping[str, float]) -> str:
    shown = ", ".join(f"{name} {amount:+.3g}" for name, amount in terms.items() if amount)
    return f"<{type(why).__name__} of {why.title!r}: {why.by} score {why.score:.4g} = {shown or 0}>"


@dataclass(frozen=True)
class Parts:
    """The terms averaged over samples: scalars, and pulls (n,)."""

    score: float
    mean: float
    user_bias: float
    item_bias: float
    prior: float
    pulls: NDArray[np.float64]
    rest: float


def split_score(trained: TrainedModel, user: Rows, posterior: RowPosterior, item: Rows) -> Parts:
    """The score of one user row (S, 1, D) for one item row, split by the ratings of the user's posterior."""
    direction, mean, item_bias = trained.scorer.direction(user, item)
    along = direction.astype(np.float64)
    row = user.joined[:, 0].astype(np.float64)
    user_bias = along[:, 0] * row[:, 0]
    taste = along.copy()
    taste[:, 0] = 0.0
    prior, pulls = posterior.contributions(taste)
    taste_score = (taste * row).sum(axis=1)
    rest = taste_score - prior - pulls.sum(axis=1)
    score = mean + user_bias + item_bias + taste_score
    metrics = {
        "score": score,
        "mean": mean,
        "user_bias": user_bias,
        "item_bias": item_bias,
        "prior": prior,
        "rest": rest,
    }
    return Parts(pulls=pulls.mean(axis=0), **{name: float(part.mean()) for name, part in metrics.items()})
