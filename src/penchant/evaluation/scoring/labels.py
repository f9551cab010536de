"""Which items (or users) carry which label, such as a genre."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable


@dataclass(frozen=True)
class Labels:
    """names: L texts such as "genres=Comedy". matrix: (N, L), which rows carry which."""

    names: list[str]
    matrix: NDArray[np.bool_]


def label_matrix(table: FeatureTable | None) -> Labels | None:
    """The labels of a table's "many" and "category" columns that two or more rows share; None if there are none."""
    if table is None:
        return None
    entries = [
        (row, f"{name}={label}")
        for name, kind in table.kinds.items()
        if kind in ("many", "category")
        for row, value in enumerate(table.columns[name])
        for label in (value if kind == "many" else (value,)) or ()
        if label is not None
    ]
    times = Counter(name for _, name in entries)
    entries = [entry for entry in entries if times[entry[1]] > 1]
    if not entries:
        return None
    names = sorted({name for _, name in entries})
    column = {name: number for number, name in enumerate(names)}
    matrix = np.zeros((len(table), len(names)), dtype=bool)
    matrix[[row for row, _ in entries], [column[name] for _, name in entries]] = True
    return Labels(names, matrix)
