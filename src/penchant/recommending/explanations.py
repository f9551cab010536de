"""Why this score: its exact split into the mean, the biases, and the pull of each of the user's own ratings."""

from __future__ import annotations

from collections.abc import Sequence
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
    """How far one of the user's ratings moves the score: `amount`, in units of the score."""

    item: Any
    title: str
    rating: float
    amount: float


@dataclass(frozen=True)
class Explanation:
    """The score of one item in one part, and what it is made of.

    by: the part, "rating" or "choice". predicted, std: as `predict` says; None for the choice part. source: what the
    weaker of the two rows rests on. score: what the parts add up to, before a link or the ends of the scale.
    mean: the model's mean, or what a network gives for the average user. user_bias, item_bias: how far this user
    rates, and this item is rated, above it. prior: what the population or the user's features say of their taste.
    pulls: what each of the user's ratings says of it, strongest first. rest: what training saw besides, zero for a row
    that was folded in. similar: the items rated above the user's own average that lie closest to this one, with
    their cosines as amounts.
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

    @property
    def total(self) -> float:
        """The parts' sum, which is the score."""
        parts = (self.mean, self.user_bias, self.item_bias, self.prior, self.rest)
        return sum(parts) + sum(pull.amount for pull in self.pulls)

    def to_json(self) -> dict[str, Any]:
        """The explanation as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Parts:
    """The split in numbers, averaged over samples: scalars, and pulls (n,)."""

    score: float
    mean: float
    user_bias: float
    item_bias: float
    prior: float
    pulls: NDArray[np.float64]
    rest: float


def split_score(trained: TrainedModel, user: Rows, posterior: RowPosterior, item: Rows) -> Parts:
    """The score of one user row (S, 1, D) for one item row, split along the ratings of the user's posterior."""
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
