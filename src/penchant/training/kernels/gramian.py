"""The Gramian XᵀX of a sparse matrix, as a dense lower triangle."""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(nogil=True, cache=True)
def gramian_rows(
    columns: Any, by_column: Any, rows: Any, weights: Any, by_row: Any, numbers: Any, values: Any, out: Any
) -> None:
    """Add x_i · x_j, j ≤ i, to out[i, j] for the given columns i.

    The matrix is given twice. By column: `rows` and `weights` of column i at by_column[i]:by_column[i + 1]. By row:
    column `numbers`, rising, and `values` of row r at by_row[r]:by_row[r + 1].
    """
    for i in columns:
        for at in range(by_column[i], by_column[i + 1]):
            row, weight = rows[at], weights[at]
            for other in range(by_row[row], by_row[row + 1]):
                j = numbers[other]
                if j > i:
                    break
                out[i, j] += weight * values[other]
