"""Tables as aligned plain text."""

from __future__ import annotations

from collections.abc import Sequence


def plain_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[bool] | None = None) -> str:
    """A table as text, its columns two spaces apart.

    right: for each column, whether it is aligned to the right; left out, all columns but the first are.
    """
    right = [column > 0 for column in range(len(heads))] if right is None else right
    widths = [max(len(line[column]) for line in [heads, *rows]) for column in range(len(heads))]
    return "\n".join(_line(line, widths, right) for line in [heads, ["-" * width for width in widths], *rows])


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    aligned = (
        text.rjust(width) if to_right else text.ljust(width)
        for text, width, to_right in zip(cells, widths, right, strict=True)
    )
    return "  ".join(aligned).rstrip()
