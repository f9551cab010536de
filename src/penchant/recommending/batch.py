"""Lists for many users at once, as a frame or streamed to a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from penchant.data.columns import ITEM, USER
from penchant.data.id_lists import pairs_in
from penchant.data.ratings import Grouped
from penchant.data.vocabulary import UNKNOWN, Numbers, Vocabulary
from penchant.foundations.errors import CallerError
from penchant.foundations.progress import Progress, Silent
from penchant.recommending.argument_checks import many_ids
from penchant.recommending.filters import allowed_items
from penchant.recommending.item_index import ItemIndex
from penchant.recommending.list_files import write_file, write_table
from penchant.recommending.list_scoring import Ranked, rank_blocks, rank_blocks_by_ranker, with_p_choose
from penchant.recommending.options import ListOptions

if TYPE_CHECKING:
    import polars as pl

RANK, SCORE, P_CHOOSE, SOURCE = "rank", "score", "p_choose", "source"
"""Columns of a table of lists: the rank from 1, the score of the order, P(choose), the source of the user's row."""


@dataclass(frozen=True)
class BatchLists:
    """The lists of many users, computed when they are read.

    ids: (B,), a polars series. numbers: (B,), UNKNOWN for an unknown user. options: the same for all users. barred: the
    items to leave out for each user, besides those of the options.
    """

    index: ItemIndex
    ids: pl.Series
    numbers: Numbers
    options: ListOptions
    barred: Grouped | None = None

    @classmethod
    def of(
        cls, index: ItemIndex, users: Iterable[Any] | None, options: ListOptions, exclude_pairs: Any = None
    ) -> BatchLists:
        """For the given user ids, or for all known users if there are none. exclude_pairs: as in `recommend_many`."""
        import polars as pl

        index.order(options.by)  # refused now rather than when the table is made
        vocabulary = index.users
        barred = None if exclude_pairs is None else _barred(index, exclude_pairs)
        if users is None:
            return cls(index, _series(vocabulary), np.arange(len(vocabulary), dtype=np.int32), options, barred)
        wanted = many_ids(users, "users")
        numbers = vocabulary.numbers(wanted)
        known = vocabulary.ids[np.where(numbers == UNKNOWN, 0, numbers)].tolist()
        names = [one if n == UNKNOWN else own for one, own, n in zip(wanted, known, numbers, strict=True)]
        whole = all(isinstance(one, int) for one in names)
        return cls(index, pl.Series(names if whole else list(map(str, names))), numbers, options, barred)

    @property
    def schema(self) -> pl.Schema:
        """The columns of the table, and their types."""
        import polars as pl

        item = pl.String if self.index.items.of_text else pl.Int64
        schema = pl.Schema({USER: self.ids.dtype, RANK: pl.Int32, ITEM: item, SCORE: pl.Float32})
        if self.index.choosing is not None:
            schema[P_CHOOSE] = pl.Float32()
        schema[SOURCE] = pl.String()
        return schema

    def frames(self, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        """The table in parts of one block of users each, in the order of the ids."""
        shown, done = progress or Silent(), 0
        shown.start("lists", len(self.ids))
        yield self._frame(
            Ranked.nothing(self.options.n, choosing=self.index.choosing is not None), 0
        )  # so that a table of no user has its columns
        for ranked in self._ranked():
            yield self._frame(ranked, done)
            done += len(ranked.users)
            shown.step(advance=len(ranked.users))

    def _ranked(self) -> Iterator[Ranked]:
        index, options = self.index, self.options
        allowed, _ = allowed_items(index.main.trained.items, options, hidden=index.hidden)
        seen = _either(index.seen if options.exclude_seen else None, self.barred, index)
        by = index.order(options.by)
        if index.ranker_for(by) is not None:
            return rank_blocks_by_ranker(index, by, self.numbers, options.n, allowed=allowed, seen=seen)
        part = index.part("choice" if by == "choice" else "rating")
        return with_p_choose(index, rank_blocks(part.trained, self.numbers, options.n, allowed=allowed, seen=seen))

    def frame(self, progress: Progress | None = None) -> pl.DataFrame:
        """The whole table in memory."""
        import polars as pl

        return pl.concat(self.frames(progress))

    def write(self, to: str | Path, table: str, progress: Progress | None = None) -> str | Path:
        """Stream the table into one file, or into the table of a database whose URL is given; the place is returned."""
        if isinstance(to, str) and "://" in to:
            return write_table(to, table, lambda: self.frames(progress), self.schema)
        return write_file(Path(to), lambda: self.frames(progress), self.schema)

    def _frame(self, ranked: Ranked, start: int) -> pl.DataFrame:
        import polars as pl

        filled = ranked.items >= 0  # (B, n)
        users, places = np.nonzero(filled)
        columns = {
            USER: self.ids.slice(start, len(ranked.users)).gather(users),
            RANK: (places + 1).astype(np.int32),
            ITEM: pl.Series(self.index.items.take(ranked.items[filled]), dtype=self.schema[ITEM]),
            SCORE: ranked.scores[filled],
            **({} if ranked.p_choose is None else {P_CHOOSE: ranked.p_choose[filled]}),
            SOURCE: pl.Series(ranked.sources.tolist(), dtype=pl.String).gather(users),
        }
        return pl.DataFrame(columns, schema=self.schema)


def _barred(index: ItemIndex, exclude_pairs: Any) -> Grouped:
    """The pairs of a table by user; raises CallerError for a user whose list cannot leave out items of its own."""
    users, items = pairs_in(exclude_pairs, "exclude_pairs")
    user_numbers, item_numbers = index.users.numbers(users), index.items.numbers(items)
    if (user_numbers == UNKNOWN).any():
        unknown = users[int(np.argmax(user_numbers == UNKNOWN))]
        raise CallerError(
            f"the user {unknown!r} is not known to the model", where="exclude_pairs",
            remedy="Leave out the pairs of unknown users; their lists are all the same",
        )  # fmt: skip
    known = item_numbers != UNKNOWN
    pairs = np.unique(np.stack([user_numbers[known], item_numbers[known]]), axis=1)
    return Grouped.build(pairs[0], pairs[1], np.ones(pairs.shape[1], np.float32), len(index.users))


def _either(one: Grouped | None, other: Grouped | None, index: ItemIndex) -> Grouped | None:
    """The entries of both, each once."""
    if one is None or other is None:
        return one or other
    users = np.concatenate(
        [np.repeat(np.arange(len(index.users), dtype=np.int32), each.counts) for each in (one, other)]
    )
    pairs = np.unique(np.stack([users, np.concatenate([one.numbers, other.numbers])]), axis=1)
    return Grouped.build(pairs[0], pairs[1], np.ones(pairs.shape[1], np.float32), len(index.users))


def _series(vocabulary: Vocabulary) -> pl.Series:
    import polars as pl

    return pl.Series(vocabulary.ids, dtype=pl.String if vocabulary.of_text else pl.Int64)
