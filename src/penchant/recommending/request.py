"""What is asked and what is answered, in ids: the outer border of the tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import Ids
from penchant.foundations.errors import CallerError
from penchant.foundations.rng import Seed

Source = Literal["known", "folded_in", "features", "prior"]
"""What a row rests on: training ratings; ratings just given; features alone; or the population's prior."""

SOURCES: tuple[Source, ...] = ("known", "folded_in", "features", "prior")
"""Strongest first. A pair's source is the weaker of its two rows'."""


class Allowed(TypedDict, total=False):
    """The fields of a Request that say which items may stand in the list."""

    exclude_seen: bool
    exclude: Iterable[Any]
    among: Iterable[Any] | None
    where: Mapping[str, Any] | None


class Filters(Allowed, total=False):
    """Those, and the fields that change the order."""

    diversity: float
    explore: Seed | None


@dataclass(frozen=True)
class Request:
    """Who asks for a list, and which.

    user: an id, known or not; or None for a visitor who is only described by `ratings` and `features`.
    ratings: item id -> rating, given just now; they are added to those a known user is remembered by.
    asked: those of the rated item ids that were asked about, so that having rated them says nothing of taste.
    features: name -> value. n: how many items.
    exclude_seen: whether rated items stay out. exclude: item ids to leave out besides. among: the only item ids
    allowed, or None for all. where: feature name -> value or values, of which an item must carry one; for a feature
    that is a number, a value or a pair of ends.
    diversity: 0 ranks by score alone; towards 1, an item counts less the more it is like one listed before it
    (maximal marginal relevance; Carbonell and Goldstein 1998). explore: a seed; the list is then ranked by one draw
    from what the model holds possible of this user (Thompson 1933), so that unsure items get their turn.
    """

    user: Any = None
    ratings: Mapping[Any, float] = field(default_factory=dict)
    asked: Iterable[Any] = ()
    features: Mapping[str, Any] | None = None
    n: int = 10
    exclude_seen: bool = True
    exclude: Iterable[Any] = ()
    among: Iterable[Any] | None = None
    where: Mapping[str, Any] | None = None
    diversity: float = 0.0
    explore: Seed | None = None

    def __post_init__(self) -> None:
        if self.n < 1:
            raise CallerError(f"a list of {self.n} items was asked for", remedy="Ask for at least one")
        if not 0 <= self.diversity < 1:
            raise CallerError(f"a diversity of {self.diversity} lies outside 0 to 1", remedy="1 itself is too much")


@dataclass(frozen=True)
class Prediction:
    """Expected ratings of B pairs.

    mean: (B,) on the rating scale. std: (B,), the standard deviation of a rating around it. source: (B,), what the
    weaker of the two rows rests on; user_source and item_source say it for each side.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    source: NDArray[Any]
    user_source: NDArray[Any]
    item_source: NDArray[Any]

    def __len__(self) -> int:
        return len(self.mean)


@dataclass(frozen=True)
class Recommendation:
    """One line of an answer."""

    item: Any
    title: str
    score: float
    std: float
    source: Source


@dataclass(frozen=True)
class Answer:
    """A list of items, best first.

    user: the id asked for, or None for a visitor. items: (n,) ids. titles: their names. scores: (n,) expected ratings.
    std: (n,). sources: what each item's row rests on. source: what the user's row rests on. unknown: the ids in the
    request that the model does not hold, each named, none an error.
    """

    user: Any
    items: Ids
    titles: Sequence[str]
    scores: NDArray[np.float32]
    std: NDArray[np.float32]
    sources: NDArray[Any]
    source: Source
    unknown: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Recommendation]:
        for item, title, score, std, source in zip(
            self.items.tolist(),
            self.titles,
            self.scores.tolist(),
            self.std.tolist(),
            self.sources.tolist(),
            strict=True,
        ):
            yield Recommendation(item, title, score, std, source)

    def to_json(self) -> dict[str, Any]:
        """The answer as JSON values."""
        return {
            "user": _plain(self.user),
            "source": self.source,
            "items": [vars(line) for line in self],
            "unknown": [_plain(one) for one in self.unknown],
        }


def weaker(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """The weaker of two arrays of sources, element by element."""
    rank = {source: n for n, source in enumerate(SOURCES)}
    worst = np.maximum([rank[s] for s in left.tolist()], [rank[s] for s in right.tolist()])
    return np.array(SOURCES, dtype=object)[worst] if len(worst) else np.array([], dtype=object)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
