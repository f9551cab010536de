"""Short texts for results: one line in a console, a small table in a notebook."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""The headings, and the rows."""


class Summarized:
    """The parent of results that have too many numbers to be printed whole."""

    def summary(self) -> str:
        """What this is, in one line."""
        raise NotImplementedError

    def table(self) -> Table | None:
        """The table that a notebook shows, or None."""
        return None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary()}>"

    def _repr_html_(self) -> str:
        text = f"<p><b>{html.escape(type(self).__name__)}</b>: {html.escape(self.summary())}</p>"
        found = self.table()
        return text if found is None else text + _html_table(*found)


def _html_table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(one)}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(_text(one))}</td>" for one in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class TrainingHistory(Summarized, list[Mapping[str, float]]):
    """The metrics of each epoch, in order."""

    def summary(self) -> str:
        epochs = "1 epoch" if len(self) == 1 else f"{len(self)} epochs"
        return epochs + (f", validation loss {self[-1]['validation_loss']:.5f}" if self else "")

    def table(self) -> Table | None:
        if not self:
            return None
        names = list(self[0])
        return ("epoch", *names), [(epoch, *(row.get(name, "") for name in names)) for epoch, row in enumerate(self, 1)]
