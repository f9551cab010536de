"""The Gramian XᵀX of who chose what: for each pair of items, how many users chose both. Workers sum it.

A first step counts the pairs of a block of users. A second adds up the rows of a block of items. So no worker holds
more of the table than its users, and whole numbers come to the same sum in every order.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import functions as sf

from penchant.data.columns import ITEM, USER
from penchant.engines.spark.encoded_tables import EncodedTable
from penchant.engines.spark.worker_model import flat_values, starts_of

ONE, OTHERS, COUNTS = "one", "others", "counts"
SCHEMA = f"{ONE} int, {OTHERS} array<int>, {COUNTS} array<int>"
"""A row for each item: the items up to it that were chosen with it, and how often."""

PIECE = 64
"""Items whose rows a worker sends at a time."""


def gramian_of(table: EncodedTable, blocks: int) -> NDArray[np.float32]:
    """The lower triangle of XᵀX (I, I), zeros above it; X has a 1 for each row of the table. blocks: of the work."""
    size = len(table.items)
    histories = table.frame.repartition(blocks, USER).groupBy(USER).agg(sf.collect_list(ITEM).alias(OTHERS))
    counted = histories.mapInArrow(partial(_pairs, size), SCHEMA)
    summed = counted.repartition(blocks, ONE).mapInArrow(_summed, SCHEMA)
    out = np.zeros((size, size), np.float32)
    for batch in summed.toArrow().to_batches():
        for one, others, counts in _rows(batch):
            out[one, others] = counts
    return out


def _pairs(size: int, batches: Iterator[Any]) -> Iterator[Any]:
    """The rows of all items, counted in a block of users. On a worker."""
    from scipy.sparse import csr_array, tril

    total = csr_array((size, size), dtype=np.int32)
    for batch in batches:
        starts, items = starts_of(batch, OTHERS), flat_values(batch, OTHERS)
        X = csr_array((np.ones(len(items), np.int32), items, starts), shape=(batch.num_rows, size))
        total = total + tril(X.T @ X, format="csr")
    for first in range(0, size, PIECE):
        yield _batch(np.arange(first, min(first + PIECE, size)), total[first : first + PIECE])


def _summed(batches: Iterator[Any]) -> Iterator[Any]:
    """The rows of a block of items, added up. On a worker."""
    from scipy.sparse import csr_array

    rows: dict[int, NDArray[np.int32]] = {}
    for batch in batches:
        for one, others, counts in _rows(batch):
            rows.setdefault(one, np.zeros(one + 1, np.int32))[others] += counts
    while rows:
        piece = dict(rows.popitem() for _ in range(min(PIECE, len(rows))))
        wide = np.zeros((len(piece), 1 + max(piece)), np.int32)
        for at, row in enumerate(piece.values()):
            wide[at, : len(row)] = row
        yield _batch(np.array(list(piece)), csr_array(wide))


def _rows(batch: Any) -> Iterator[tuple[int, NDArray[np.int32], NDArray[np.int32]]]:
    """The rows of an Arrow batch."""
    starts, others, counts = starts_of(batch, OTHERS), flat_values(batch, OTHERS), flat_values(batch, COUNTS)
    for at, one in enumerate(batch.column(ONE).to_pylist()):
        here = slice(starts[at], starts[at + 1])
        yield one, others[here], counts[here]


def _batch(ones: NDArray[Any], counts: Any) -> Any:
    """The Arrow batch of some items (n,); counts: a sparse matrix (n, I), compressed by row.

    Spark reads lists with offsets of 32 bits.
    """
    starts, columns = pa.array(counts.indptr, pa.int32()), {ONE: pa.array(ones, pa.int32())}
    for name, values in ((OTHERS, counts.indices), (COUNTS, counts.data)):
        columns[name] = pa.ListArray.from_arrays(starts, pa.array(values, pa.int32()))
    return pa.RecordBatch.from_pydict(columns)
