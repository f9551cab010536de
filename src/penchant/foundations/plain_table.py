"""Tables as plain aligned text."""

from __future__ import annotations

from collections.abc import Sequence


def plain_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines of columns two spaces apart, the first to the left, the others to the right."""
    widths = [max(len(line[column]) for line in [heads, *rows]) for column in range(len(heads))]
    return "\n".join(_line(line, widths) for line in [heads, ["-" * width for width in widths], *rows])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]).rstrip()
