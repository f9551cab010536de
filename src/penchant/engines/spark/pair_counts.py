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

PIECE = 64
"""Items whose rows a worker sends at a time."""


def gramian_of(table: EncodedTable, blocks: int) -> NDArray[np.float32]:
    """The lower triangle of XᵀX (I, I), zeros above it; X has a 1 for each row of the table. blocks: of the work."""
    size = len(table.items)
    histories = table.frame.repartition(blocks, USER).groupBy(USER).agg(sf.collect_list(ITEM).alias(OTHERS))
    counted = histories.mapInArrow(partial(_pairs, size), f"{ONE} int, {OTHERS} array<int>, {COUNTS} array<int>")
    summed = counted.repartition(blocks, ONE).mapInArrow(_summed, f"{ONE} int, {COUNTS} array<int>")
    out = np.zeros((size, size), np.float32)
    for batch in summed.toArrow().to_batches():
        starts, counts = starts_of(batch, COUNTS), flat_values(batch, COUNTS)
        for at, one in enumerate(batch.column(ONE).to_pylist()):
            out[one, : one + 1] = counts[starts[at] : starts[at + 1]]
    return out


def _pairs(size: int, batches: Iterator[Any]) -> Iterator[Any]:
    """Of a block of users: for each item, the items up to it that were chosen with it, and how often. On a worker."""
    from scipy.sparse import csr_array, tril

    total = csr_array((size, size), dtype=np.int32)
    for batch in batches:
        starts, items = starts_of(batch, OTHERS), flat_values(batch, OTHERS)
        X = csr_array((np.ones(len(items), np.int32), items, starts), shape=(batch.num_rows, size))
        total = total + tril(X.T @ X, format="csr")
    for first in range(0, size, PIECE):
        rows = total[first : first + PIECE]
        others, counts = (_lists(values, rows.indptr) for values in (rows.indices, rows.data))
        ones = pa.array(np.arange(first, first + rows.shape[0]), pa.int32())
        yield pa.RecordBatch.from_pydict({ONE: ones, OTHERS: others, COUNTS: counts})


def _summed(batches: Iterator[Any]) -> Iterator[Any]:
    """Of a block of items: the row of each, up to itself. On a worker."""
    rows: dict[int, NDArray[np.int32]] = {}
    for batch in batches:
        starts, others, counts = starts_of(batch, OTHERS), flat_values(batch, OTHERS), flat_values(batch, COUNTS)
        for at, one in enumerate(batch.column(ONE).to_pylist()):
            here = slice(starts[at], starts[at + 1])
            rows.setdefault(one, np.zeros(one + 1, np.int32))[others[here]] += counts[here]
    while rows:
        piece = dict(rows.popitem() for _ in range(min(PIECE, len(rows))))
        starts = np.append(0, np.cumsum([len(row) for row in piece.values()]))
        counted = _lists(np.concatenate(list(piece.values())), starts)
        yield pa.RecordBatch.from_pydict({ONE: pa.array(list(piece), pa.int32()), COUNTS: counted})


def _lists(values: NDArray[Any], starts: NDArray[Any]) -> Any:
    """Arrow lists in the form that Spark reads: with offsets of 32 bits, of whole numbers of 32 bits."""
    return pa.ListArray.from_arrays(pa.array(starts, pa.int32()), pa.array(values, pa.int32()))
