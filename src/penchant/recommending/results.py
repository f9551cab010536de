"""Results with ids: predictions and lists, with their sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.plain_table import plain_table

Source = Literal["known", "folded_in", "features", "prior"]
"""The source of a row: training ratings, ratings given with the request, features alone, or the prior."""

SOURCES: tuple[Source, ...] = ("known", "folded_in", "features", "prior")
"""All sources, strongest first. The source of a pair is the weaker source of its two rows."""


@dataclass(frozen=True)
class Prediction:
    """Expected ratings of B pairs.

    mean: (B,) on the rating scale. std: (B,), the standard deviation of a rating around it. source: (B,), the weaker
    source of the two rows. user_source, item_source: (B,), the source of each row.
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
    """One line of a ranking.

    id: of an item, or of a user where users are listed. score: what the list is ordered by. predicted, std: the
    expected rating and the standard deviation of a rating around it. p_like: the probability that it is liked. These
    three are None without a rating model. p_choose: the probability that this item is chosen next, among all items;
    None without a choice model and a ranker. source: what the line's own row rests on. support: how many training
    ratings a similarity rests on, or None in other lists.
    """

    id: Any
    title: str
    score: float
    predicted: float | None
    std: float | None
    p_like: float | None
    p_choose: float | None
    source: Source
    support: int | None = None


@dataclass(frozen=True)
class Ranking:
    """A list of items or of users, best first.

    asked: the id of the user or item that was asked about, or None for a new one. ids: (n,) plain ids. titles: their
    names. scores: (n,), what the list is ordered by; `by` says what that is: "combined", "rating", "choice", "cosine",
    "count", "trending" or "latest". sources: what each line's row rests on. source: what the row of the one asked
    about rests on. predicted, std, p_like, p_choose, support: (n,) as in Recommendation, or None. unknown: the ids
    in the question that the model does not hold; they are no errors.
    """

    asked: Any
    ids: Sequence[Any]
    titles: Sequence[str]
    scores: NDArray[np.float32]
    sources: Sequence[Source]
    source: Source
    by: str
    predicted: NDArray[np.float32] | None = None
    std: NDArray[np.float32] | None = None
    p_like: NDArray[np.float32] | None = None
    p_choose: NDArray[np.float32] | None = None
    support: NDArray[np.int32] | None = None
    unknown: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Recommendation]:
        columns = (self.predicted, self.std, self.p_like, self.p_choose, self.support)
        *estimates, support = ([None] * len(self) if one is None else one.tolist() for one in columns)
        for line in zip(self.ids, self.titles, self.scores.tolist(), *estimates, self.sources, support, strict=True):
            yield Recommendation(*line)

    def __str__(self) -> str:
        """The list as a table of plain text, with the numbers that it has."""
        numbers = {name: getattr(self, name) for name in ("predicted", "p_like", "p_choose", "support")}
        shown = {"score": self.scores} | {name: column for name, column in numbers.items() if column is not None}
        heads = ["#", "id", "title", *shown, "source"]
        cells = [[f"{one:.4g}" for one in column.tolist()] for column in shown.values()]
        lines = zip(self.ids, self.titles, *cells, self.sources, strict=True)
        rows = [[str(rank), *map(str, line)] for rank, line in enumerate(lines, 1)]
        return plain_table(heads, rows, right=[True, False, False, *(True for _ in shown), False])

    def to_json(self) -> dict[str, Any]:
        """The list as JSON values."""
        return {
            "asked": self.asked,
            "source": self.source,
            "by": self.by,
            "items": [vars(line) for line in self],
            "unknown": list(self.unknown),
        }


def weaker(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """The weaker of two arrays of sources, element by element."""
    return _sources([a if _RANK[a] >= _RANK[b] else b for a, b in zip(left.tolist(), right.tolist(), strict=True)])


def stronger(left: NDArray[Any], right: NDArray[Any]) -> NDArray[Any]:
    """The stronger of two arrays of sources, element by element."""
    return _sources([a if _RANK[a] <= _RANK[b] else b for a, b in zip(left.tolist(), right.tolist(), strict=True)])


def strongest(sources: Iterable[Source]) -> Source:
    """The strongest of some sources."""
    return min(sources, key=SOURCES.index)


_RANK = {source: n for n, source in enumerate(SOURCES)}


def _sources(found: list[Source]) -> NDArray[Any]:
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array
