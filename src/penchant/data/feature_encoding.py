"""Encoding features as a sparse matrix: a cell has one or more labels, and each frequent label is a column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from penchant.data.binning import bin_edges, bin_names
from penchant.data.features import FeatureTable, Kind

_WORD = re.compile(r"\w+")
BUCKETS = 4096
"""The number of buckets for words of free text; a word's bucket is its CRC-32, which is the same on all machines."""


@dataclass(frozen=True)
class FeatureEncoder:
    """Encodes feature tables as sparse matrices of F columns, fitted on one FeatureTable.

    names: F names, such as "genres=Comedy", "year=1990..1995" or "plot~17" for a bucket of hashed words. edges: the
    inner bin edges of each number column. shared: the kinds whose n labels in a row have the weight n^-1/2 each instead
    of 1; a film of five genres then has the same norm as a film of one, which predicts held-out films slightly better.
    Unknown labels and missing values add nothing to a row.
    """

    kinds: Mapping[str, Kind]
    names: tuple[str, ...]
    edges: Mapping[str, tuple[float, ...]]
    shared: tuple[Kind, ...] = ("many", "text")

    @property
    def width(self) -> int:
        """F; zero if no column distinguishes rows."""
        return len(self.names)

    @classmethod
    def fit(cls, table: FeatureTable, counts: NDArray[Any], *, minimum: int = 3, limit: int = 1000) -> FeatureEncoder:
        """Fit labels and bins on the rows whose count of training ratings is above zero.

        counts: (N,). minimum: the number of those rows that a label must occur in. limit: the number of labels that a
        column may have; the most common are kept. A label of every row is left out.
        """
        rows = np.flatnonzero(np.asarray(counts) > 0).tolist()
        edges: dict[str, tuple[float, ...]] = {}
        names: list[str] = []
        for column, kind in table.kinds.items():
            cells = [table.columns[column][row] for row in rows]
            if kind == "number":
                edges[column] = bin_edges(np.array([number for cell in cells for number in _numbers(cell)]))
            found = Counter(name for cell in cells for name in _cell_names(column, kind, cell, edges))
            common = [name for name, count in found.most_common(limit) if minimum <= count < len(rows)]
            order = bin_names(column, edges[column]) if kind == "number" else sorted(common)
            names += [name for name in order if name in common]
        return cls(dict(table.kinds), tuple(names), edges)

    def encode(self, table: FeatureTable) -> Any:
        """The table as a scipy CSR array (N, F) of float32; unknown columns of the table are left out."""
        from scipy.sparse import csr_array

        columns = [(name, kind, table.columns[name]) for name, kind in self.kinds.items() if name in table.columns]
        starts, positions, weights = [0], list[int](), list[float]()
        for row in range(len(table)):
            for column, kind, cells in columns:
                names = _cell_names(column, kind, cells[row], self.edges)
                known = [self._position[name] for name in names if name in self._position]
                positions += known
                weights += [max(len(known), 1) ** -0.5 if kind in self.shared else 1.0] * len(known)
            starts.append(len(positions))
        data, indices, indptr = np.array(weights, np.float32), np.array(positions, np.int32), np.array(starts, np.int32)
        encoded = csr_array((data, indices, indptr), shape=(len(table), self.width))
        encoded.sort_indices()
        return encoded

    @cached_property
    def _position(self) -> dict[str, int]:
        return {name: position for position, name in enumerate(self.names)}

    def to_json(self) -> dict[str, Any]:
        """The fitted encoder as JSON values."""
        edges = {name: list(values) for name, values in self.edges.items()}
        return {"kinds": dict(self.kinds), "names": list(self.names), "edges": edges, "shared": list(self.shared)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FeatureEncoder:
        """An encoder from the values of `to_json`."""
        edges = {name: tuple(edges) for name, edges in values["edges"].items()}
        return cls(dict(values["kinds"]), tuple(values["names"]), edges, tuple(values["shared"]))


def _cell_names(column: str, kind: Kind, cell: Any, edges: Mapping[str, tuple[float, ...]]) -> list[str]:
    """The distinct names of a cell's matrix columns, including those that the encoder does not keep."""
    if kind == "number":
        return [bin_names(column, edges[column])[bisect_right(edges[column], number)] for number in _numbers(cell)]
    if kind == "text":
        words = _WORD.findall(cell.lower()) if isinstance(cell, str) else []
        return list(dict.fromkeys(f"{column}~{crc32(word.encode()) % BUCKETS}" for word in words))
    return list(dict.fromkeys(f"{column}={label}" for label in _labels(kind, cell)))


def _numbers(cell: Any) -> Iterator[float]:
    """The cell's number, if it is a finite one."""
    if isinstance(cell, int | float | np.number) and np.isfinite(cell):
        yield float(cell)


def _labels(kind: Kind, cell: Any) -> list[str]:
    """A cell's labels; a text with several labels is split at "|", as in MovieLens."""
    if cell is None or cell != cell:
        return []
    several = cell.split("|") if isinstance(cell, str) else cell
    labels = several if kind == "many" and isinstance(several, list | tuple | set | frozenset) else [cell]
    return [text for label in labels if (text := str(label).strip())]
