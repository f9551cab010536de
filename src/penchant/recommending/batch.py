"""Lists for many users at once, as a frame or streamed to a Parquet file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from penchant.data.columns import ITEM, USER
from penchant.data.vocabulary import UNKNOWN, Numbers, Vocabulary
from penchant.foundations.errors import CallerError
from penchant.foundations.progress import Progress, Silent
from penchant.models.trained import TrainedModel
from penchant.recommending.filters import allowed_items
from penchant.recommending.list_scoring import Ranked, rank_blocks
from penchant.recommending.request import Request

if TYPE_CHECKING:
    import polars as pl

RANK, SCORE, SOURCE = "rank", "score", "source"
"""Columns of a table of lists: the place in the list from 1, the expected rating, what the user's row rests on."""


@dataclass(frozen=True)
class BatchLists:
    """The lists of many users, not made yet.

    ids: (B,), a polars series as the table shall name them. numbers: (B,), UNKNOWN for somebody never met.
    request: the length of the lists and the filters, the same for everybody.
    """

    trained: TrainedModel
    ids: pl.Series
    numbers: Numbers
    request: Request

    @classmethod
    def of(cls, trained: TrainedModel, users: Iterable[Any] | None, request: Request) -> BatchLists:
        """For the given user ids, or for all that the model knows where there are none given."""
        import polars as pl

        if request.diversity or request.explore is not None:
            raise CallerError("lists for many users are ranked by score", remedy="Spread out or explore one by one")

        vocabulary = trained.users.vocabulary
        if users is None:
            return cls(trained, _series(vocabulary), np.arange(len(vocabulary), dtype=np.int32), request)
        wanted = list(users)
        numbers = vocabulary.numbers(wanted)
        known = vocabulary.ids[np.where(numbers == UNKNOWN, 0, numbers)].tolist()
        names = [one if n == UNKNOWN else own for one, own, n in zip(wanted, known, numbers, strict=True)]
        whole = all(isinstance(one, int | np.integer) for one in names)
        return cls(trained, pl.Series(names if whole else list(map(str, names))), numbers, request)

    @property
    def schema(self) -> pl.Schema:
        """The columns of the table, and their types."""
        import polars as pl

        item = pl.String if self.trained.items.vocabulary.of_text else pl.Int64
        return pl.Schema({USER: self.ids.dtype, RANK: pl.Int32, ITEM: item, SCORE: pl.Float32, SOURCE: pl.String})

    def frames(self, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        """The table in parts, a block of users each, in the order of the ids."""
        told, done = progress or Silent(), 0
        told.start("lists", len(self.ids))
        allowed, _ = allowed_items(self.trained.items, self.request)
        yield self._frame(Ranked.nothing(self.request.n), 0)  # so that a table of nobody has its columns
        for ranked in rank_blocks(
            self.trained, self.numbers, self.request.n, allowed=allowed, exclude_seen=self.request.exclude_seen
        ):
            yield self._frame(ranked, done)
            done += len(ranked.users)
            told.step(advance=len(ranked.users))

    def frame(self, progress: Progress | None = None) -> pl.DataFrame:
        """The whole table in memory."""
        import polars as pl

        return pl.concat(self.frames(progress))

    def write(self, path: str | Path, progress: Progress | None = None) -> Path:
        """Stream the table into one Parquet file, written beside its place and renamed into it."""
        from polars.io.plugins import register_io_source

        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.writing")

        def source(*_: Any) -> Iterator[pl.DataFrame]:
            return self.frames(progress)

        try:
            register_io_source(source, schema=self.schema).sink_parquet(fresh, maintain_order=True)
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)
        return target

    def _frame(self, ranked: Ranked, start: int) -> pl.DataFrame:
        import polars as pl

        filled = ranked.items >= 0  # (B, n)
        users, places = np.nonzero(filled)
        columns = {
            USER: self.ids.slice(start, len(ranked.users)).gather(users),
            RANK: (places + 1).astype(np.int32),
            ITEM: pl.Series(self.trained.items.vocabulary.take(ranked.items[filled]), dtype=self.schema[ITEM]),
            SCORE: ranked.scores[filled],
            SOURCE: pl.Series(ranked.sources.tolist(), dtype=pl.String).gather(users),
        }
        return pl.DataFrame(columns, schema=self.schema)


def _series(vocabulary: Vocabulary) -> pl.Series:
    import polars as pl

    return pl.Series(vocabulary.ids, dtype=pl.String if vocabulary.of_text else pl.Int64)
