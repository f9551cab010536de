"""Which rows of one side lie closest to one of them."""

from __future__ import annotations

import numpy as np

from penchant.data.vocabulary import Numbers
from penchant.models.sides import Floats, Rows, Side
from penchant.recommending.top_n import top_n


def directions_of(rows: Rows) -> Floats:
    """Each row's vector, its draws side by side, scaled to length one: (B, S·K); a zero vector stays zero."""
    draws, size, width = rows.vectors.shape
    flat = rows.vectors.transpose(1, 0, 2).reshape(size, draws * width)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.divide(flat, lengths, out=np.zeros_like(flat), where=lengths > 0)


def neighbours(side: Side, number: int, n: int) -> tuple[Numbers, Floats]:
    """The n rows whose vectors point most nearly the same way, and their cosines; the row itself is left out.

    Rows that no training rating formed are left out too: their vectors repeat what their features say.
    """
    flat = directions_of(side.all_rows())
    cosines = flat @ flat[number]
    allowed = side.counts > 0
    allowed[number] = False
    best = top_n(cosines, n, allowed=allowed)
    return best, cosines[best]
