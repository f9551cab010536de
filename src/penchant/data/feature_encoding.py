"""From side columns to a sparse matrix: each cell becomes words, each word that is common enough a column."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from penchant.data.binning import bin_edges, bin_names

if TYPE_CHECKING:
    from penchant.data.features import FeatureTable

Kind = Literal["many", "category", "number", "text"]
"""How a column is read: several labels a row, one label, a number, or free text whose words are hashed."""

_WORD = re.compile(r"\w+")
BUCKETS = 4096
"""Free text falls into this many buckets by the CRC-32 of its words, which is the same on every machine."""


@dataclass(frozen=True)
class FeatureEncoder:
    """What was learnt from one FeatureTable about turning any other into a sparse matrix of F columns.

    names: F names, such as "genres=Comedy", "year=1990..1995" or "plot~17" for a bucket of hashed words. edges: the
    inner bin edges of each number column. shared: the kinds whose n words in a row weigh n^-1/2 each instead of 1: a
    film of five genres is then pulled as far as a film of one, which foretells held-out films a little better.
    Unknown labels and missing values add nothing to a row.
    """

    kinds: Mapping[str, Kind]
    names: tuple[str, ...]
    edges: Mapping[str, tuple[float, ...]]
    shared: tuple[Kind, ...] = ("many", "text")

    @property
    def width(self) -> int:
        """F; zero where no column tells rows apart."""
        return len(self.names)

    @classmethod
    def fit(cls, table: FeatureTable, counts: NDArray[Any], *, minimum: int = 3, limit: int = 1000) -> FeatureEncoder:
        """Learn labels and number bins from the rows whose count (of training ratings) is above zero.

        counts: (N,). minimum: the fewest of those rows a label must occur in. limit: how many labels a column may
        have; the most common stay. A label of every row is left out: it tells nothing apart.
        """
        rows = np.flatnonzero(np.asarray(counts) > 0).tolist()
        edges: dict[str, tuple[float, ...]] = {}
        names: list[str] = []
        for column, kind in table.kinds.items():
            cells = [table.columns[column][row] for row in rows]
            if kind == "number":
                edges[column] = bin_edges(np.array([number for cell in cells for number in _numbers(cell)]))
            found = Counter(word for cell in cells for word in _words(column, kind, cell, edges))
            common = [word for word, count in found.most_common(limit) if minimum <= count < len(rows)]
            order = bin_names(column, edges[column]) if kind == "number" else sorted(common)
            names += [word for word in order if word in common]
        return cls(dict(table.kinds), tuple(names), edges)

    def encode(self, table: FeatureTable) -> Any:
        """The table as a scipy CSR array (N, F) of float32; columns that this encoder does not know are left out."""
        from scipy.sparse import csr_array

        columns = [(name, kind, table.columns[name]) for name, kind in self.kinds.items() if name in table.columns]
        starts, places, weights = [0], list[int](), list[float]()
        for row in range(len(table)):
            for name, kind, cells in columns:
                words = _words(name, kind, cells[row], self.edges)
                known = [self._at[word] for word in words if word in self._at]
                places += known
                weights += [max(len(known), 1) ** -0.5 if kind in self.shared else 1.0] * len(known)
            starts.append(len(places))
        data, indices, indptr = np.array(weights, np.float32), np.array(places, np.int32), np.array(starts, np.int32)
        encoded = csr_array((data, indices, indptr), shape=(len(table), self.width))
        encoded.sort_indices()
        return encoded

    @cached_property
    def _at(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.names)}

    def to_json(self) -> dict[str, Any]:
        """Everything learnt, as JSON values."""
        edges = {name: list(values) for name, values in self.edges.items()}
        return {"kinds": dict(self.kinds), "names": list(self.names), "edges": edges, "shared": list(self.shared)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FeatureEncoder:
        """The encoder that `to_json` wrote."""
        edges = {name: tuple(edges) for name, edges in values["edges"].items()}
        return cls(dict(values["kinds"]), tuple(values["names"]), edges, tuple(values["shared"]))


def _words(column: str, kind: Kind, cell: Any, edges: Mapping[str, tuple[float, ...]]) -> list[str]:
    """The distinct names of the matrix columns that a cell would light, whether or not they were kept."""
    if kind == "number":
        return [bin_names(column, edges[column])[bisect_right(edges[column], number)] for number in _numbers(cell)]
    if kind == "text":
        words = _WORD.findall(cell.lower()) if isinstance(cell, str) else []
        return list(dict.fromkeys(f"{column}~{crc32(word.encode()) % BUCKETS}" for word in words))
    return list(dict.fromkeys(f"{column}={label}" for label in _labels(kind, cell)))


def _numbers(cell: Any) -> Iterator[float]:
    """The cell's finite number, if it holds one."""
    if isinstance(cell, int | float | np.number) and np.isfinite(cell):
        yield float(cell)


def _labels(kind: Kind, cell: Any) -> list[str]:
    """A cell's labels; one text for several labels is split at "|", as MovieLens writes them."""
    if cell is None or cell != cell:
        return []
    several = cell.split("|") if isinstance(cell, str) else cell
    labels = several if kind == "many" and isinstance(several, list | tuple | set | frozenset) else [cell]
    return [text for label in labels if (text := str(label).strip())]
