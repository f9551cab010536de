"""The data of the book's chapter 8: CollabDataLoaders, which turns a table into classes, rows and batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from penchant.data.files import existing_file
from penchant.data.ratings import Ratings
from penchant.data.reading_rules import Duplicates
from penchant.foundations.errors import DataError, SettingsError
from penchant.foundations.rng import checked_seed
from penchant.lesson.checked_numbers import number, whole
from penchant.lesson.columnar import ColumnarModelData
from penchant.lesson.columnar_rows import ColumnarRows, check_frame
from penchant.lesson.data_loader import Batches
from penchant.lesson.display import Summarized, Table

NOTHING = "#na#"
"""The first class of each column, for ids that are not in the table."""


class Classes(list[Any]):
    """The ids of a column in order, after "#na#" at number 0."""

    @cached_property
    def o2i(self) -> dict[Any, int]:
        """Each id and its number."""
        return {one: number for number, one in enumerate(self)}


@dataclass(repr=False)
class CollabDataLoaders(Summarized):
    """A table of ratings in batches of x (B, 2), the class numbers of user and item, and y (B,), the ratings.

    classes: by column, its ids in order, after "#na#" at number 0; `classes[column].o2i` has the number of each id.
    data: the rows and their split. rating_name: the heading of the ratings.
    """

    classes: Mapping[str, Classes]
    data: ColumnarModelData
    rating_name: str = "rating"

    @classmethod
    def from_df(
        cls,
        ratings: Any,
        valid_pct: float = 0.2,
        user_name: str | None = None,
        item_name: str | None = None,
        rating_name: str | None = None,
        seed: int = 0,
        path: str | Path = ".",
        *,
        bs: int = 64,
        valid_idx: NDArray[Any] | None = None,
        duplicates: Duplicates = "error",
    ) -> CollabDataLoaders:
        """From a pandas or polars frame; the first three columns are user, item and rating where no name is given.

        valid_pct: share of the rows that validate. They are the first ones of PyTorch's permutation for `seed`, as in
        fastai, or those of valid_idx. duplicates: what becomes of several rows of one user and item. path is where
        fastai keeps models; nothing is read from or written to it.
        """
        check_frame(ratings, "ratings")
        if number(valid_pct, "valid_pct", such_as=0.2) >= 1:
            raise SettingsError(f"{valid_pct!r} is not below 1", where="valid_pct", remedy="Give a share such as 0.2")
        seed = checked_seed(seed)
        names = [str(name) for name in ratings.columns]
        if len(names) < 3:
            raise DataError(f"{len(names)} columns cannot hold user, item and rating", where="ratings")
        user, item, rating = (given or names[place] for place, given in enumerate((user_name, item_name, rating_name)))
        read = Ratings.from_frame(ratings, user=user, item=item, rating=rating, duplicates=duplicates)
        classes = {
            name: Classes([NOTHING, *ids.tolist()]) for name, ids in ((user, read.users.ids), (item, read.items.ids))
        }
        cats = np.stack([read.user_numbers, read.item_numbers], axis=1).astype(np.int64) + 1
        rows = ColumnarRows(cats, np.empty((len(read), 0), np.float32), read.values)
        held = _drawn(len(read), valid_pct, seed) if valid_idx is None else valid_idx
        return cls(classes, ColumnarModelData.split(rows, held, bs, seed=seed), rating)

    @classmethod
    def from_csv(cls, csv: str | Path, **options: Any) -> CollabDataLoaders:
        """From a file; the options are those of `from_df`."""
        import polars as pl

        return cls.from_df(pl.read_csv(existing_file(csv)), **options)

    @property
    def train(self) -> Batches:
        """Batches of the training rows, in a new order on every pass."""
        return self.data.trn_dl

    @property
    def valid(self) -> Batches:
        """Batches of the validation rows."""
        return self.data.val_dl

    def one_batch(self) -> tuple[Tensor, Tensor]:
        """The first batch of a pass over the training rows: x (B, 2) and y (B,)."""
        cats, _, y = next(iter(self.train))
        return cats, y

    def show_batch(self, max_n: int = 10) -> ShownRows:
        """The first rows of a batch, with ids in place of numbers."""
        (x, y), rows = self.one_batch(), whole(max_n, "max_n")
        return self.shown(x[:rows].numpy(), {self.rating_name: y[:rows].numpy()})

    def shown(self, x: NDArray[Any], values: Mapping[str, NDArray[Any]]) -> ShownRows:
        """Rows (n, 2) of numbers as ids, with further columns (n,)."""
        ids = [[names[number] for number in column] for column, names in zip(x.T, self.classes.values(), strict=True)]
        columns = [*ids, *(np.asarray(column).tolist() for column in values.values())]
        return ShownRows((*self.classes, *values), list(zip(*columns, strict=True)))

    def summary(self) -> str:
        sizes = ", ".join(f"{len(names) - 1:,} of {column}" for column, names in self.classes.items())
        return f"{sizes}, {self.data.summary()}"


@dataclass(frozen=True, repr=False)
class ShownRows(Summarized):
    """Rows of a table to look at."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def summary(self) -> str:
        return f"{len(self.rows)} rows of {', '.join(self.heads)}"

    def table(self) -> Table:
        return self.heads, self.rows


def _drawn(rows: int, share: float, seed: int) -> NDArray[np.int64]:
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(seed))
    return order[: int(share * rows)].numpy()
