"""A table with tonight's rows: new, changed and deleted ones, and the same rows twice."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError


def table(*rows: tuple[Any, ...], **options: Any) -> Ratings:
    names = ["user", "item", "rating", "timestamp"][: len(rows[0])]
    return Ratings.from_frame(pl.DataFrame(rows, schema=names, orient="row"), **options)


def rows_of(ratings: Ratings) -> list[tuple]:
    return sorted(ratings.to_frame().iter_rows())


BEFORE = [(1, 10, 4.0, 100), (1, 11, 2.0, 100), (2, 10, 5.0, 100)]


def test_new_and_changed_rows_and_the_same_rows_again() -> None:
    more = table((1, 11, 3.0, 200), (3, 12, 1.0, 200), (2, 10, 1.0, 50))
    once = table(*BEFORE).updated(more)
    assert rows_of(once) == [(1, 10, 4.0, 100), (1, 11, 3.0, 200), (2, 10, 5.0, 100), (3, 12, 1.0, 200)]
    assert rows_of(once.updated(more)) == rows_of(once)
    assert (once.users.ids.tolist(), once.items.ids.tolist()) == ([1, 2, 3], [10, 11, 12])
    assert (once.scale.low, once.scale.high) == (1, 5)


def test_without_times_the_new_row_stays() -> None:
    before = table(*(row[:3] for row in BEFORE))
    assert (2, 10, 1.0) in rows_of(before.updated(table((2, 10, 1.0), (3, 11, 2.0))))


def test_deleted_rows_are_gone_and_unknown_pairs_are_no_mistake() -> None:
    deleted = pl.DataFrame({"user": [1, 1, 99], "item": [10, 77, 10]})
    found = table(*BEFORE).updated(table((3, 12, 1.0, 200), (4, 10, 2.0, 200)), deleted=deleted)
    assert (1, 10, 4.0, 100) not in rows_of(found) and len(found) == 4


def test_features_of_new_items_are_added() -> None:
    films = pl.DataFrame({"item": [10, 11], "genre": ["a", "b"], "title": ["Ten", "Eleven"]})
    late = pl.DataFrame({"item": [11, 12], "genre": ["c", "d"], "title": ["Eleven", "Twelve"]})
    before, more = table(*BEFORE).with_features(items=films), table((1, 11, 3.0, 200), (3, 12, 1.0, 200))
    found = before.updated(more.with_features(items=late)).item_features
    assert found is not None and list(found.columns["genre"]) == ["a", "c", "d"]
    assert found.titles == ["Ten", "Eleven", "Twelve"]
    assert before.updated(more).item_features.row(2) == {"genre": None}  # type: ignore[union-attr]


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="the table has ratings, the new rows are choices"):
        table(*BEFORE).updated(table(*((u, i) for u, i, *_ in BEFORE)))
    with pytest.raises(DataError, match="the new rows have none"):
        table(*BEFORE).updated(table((1, 11, 3.0), (3, 12, 1.0)))
    with pytest.raises(DataError, match=r"outside the scale 1\.\.5"):
        table(*BEFORE, scale=(1, 5)).updated(table((1, 11, 9.0, 200), (3, 12, 1.0, 200)))
