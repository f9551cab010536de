"""Sums of products over named axes that are safe for axes of length zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def contract(subscripts: str, *operands: NDArray[Any]) -> NDArray[Any]:
    """`np.einsum` in explicit form ("ij,jk->ik"), with zeros where the sum runs over nothing.

    NumPy's own reads outside its operands when a summed axis has length 0 and an operand has strides of 0
    (docs/decisions/020-einsum-over-empty-axes.md), so an empty sum must never reach it.
    """
    if all(array.size for array in operands):
        result: NDArray[Any] = np.einsum(subscripts, *operands, optimize=False)
        return result
    inputs, output = subscripts.split("->")
    sizes = {axis: size for axes, array in zip(inputs.split(","), operands, strict=True)
             for axis, size in zip(axes, array.shape, strict=True)}  # fmt: skip
    return np.zeros([sizes[axis] for axis in output], np.result_type(*operands))
