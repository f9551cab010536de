"""What a list can be filtered by: the labels that items carry, and their years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penchant.data.features import FeatureTable

MOST_LABELS = 30
"""Labels that are offered, the most frequent ones."""


@dataclass(frozen=True)
class Facets:
    """label_column: the feature with labels such as genres, or None. labels: its labels, in alphabetical order.

    year_column: the feature with years, or None. decades: the first years of decades with items, latest first.
    """

    label_column: str | None = None
    labels: Sequence[str] = ()
    year_column: str | None = None
    decades: Sequence[int] = field(default=())

    @classmethod
    def of(cls, table: FeatureTable | None) -> Facets:
        """The facets of a feature table; the first column with labels is used."""
        if table is None:
            return cls()
        columns = [name for name, kind in table.kinds.items() if kind in ("many", "category")]
        column = min(columns, key=lambda name: name not in ("genres", "genre"), default=None)
        counts: Counter[str] = Counter()
        for value in () if column is None else table.columns[column]:
            counts.update((value,) if isinstance(value, str) else value or ())
        labels = sorted(label for label, _ in counts.most_common(MOST_LABELS) if not label.startswith("("))
        year = "year" if table.kinds.get("year") == "number" else None
        years = () if year is None else (value for value in table.columns[year] if value is not None)
        decades = sorted({int(value) // 10 * 10 for value in years}, reverse=True)
        return cls(column if labels else None, labels, year, decades)

    def where(self, label: str, low: int | None, high: int | None) -> Mapping[str, Any]:
        """The filter of `ListOptions.where` for a label and a span of years; what does not apply is left out."""
        found: dict[str, Any] = {}
        if self.label_column is not None and label in self.labels:
            found[self.label_column] = label
        if self.year_column is not None and (low is not None or high is not None):
            found[self.year_column] = (-9999 if low is None else low, 9999 if high is None else high)
        return found
