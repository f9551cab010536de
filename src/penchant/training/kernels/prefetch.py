"""Asking for memory before it is needed, so that rows scattered over a large table are there when their turn comes."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types

from penchant.training.kernels.simd import intrinsic

AHEAD = 8
"""How many rows before its turn one is asked for: time for main memory to answer, too few to overfill the cache."""

_FAR_AHEAD = 16
"""The same for single numbers."""

_LINE = 16
"""float32 numbers in a cache line."""

_FOR_READING, _KEEP, _DATA = 0, 3, 1


@intrinsic
def fetch(typing: Any, array: Any, offset: Any) -> Any:
    """Begin to read the cache line of a contiguous array's element `offset`. Nothing waits for it."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        number = ir.IntType(32)
        address = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
        ask = builder.module.declare_intrinsic("llvm.prefetch", (address.type,), kind)
        builder.call(ask, [address, number(_FOR_READING), number(_KEEP), number(_DATA)])
        return context.get_dummy_value()

    return types.void(array, types.intp), code


@njit(cache=True, nogil=True, inline="always")
def fetch_row(rows: Any, n: Any, count: Any) -> None:
    """Begin to read the first `count` numbers of row n of a contiguous float32 array."""
    first = n * rows.shape[1]
    for offset in range(first, first + count, _LINE):
        fetch(rows, offset)
    fetch(rows, first + count - 1)


@njit(cache=True, nogil=True)
def reorder(column: Any, order: Any, out: Any) -> None:
    """Write column[order] to out; all three (n,)."""
    n = len(order)
    for at in range(n):
        if at + _FAR_AHEAD < n:
            fetch(column, order[at + _FAR_AHEAD])
        out[at] = column[order[at]]


@njit(cache=True, nogil=True)
def shuffle(order: Any, end: Any, samples: Any) -> None:
    """Choose which of the first `end` elements stand at end - 1, end - 2, ..., one for each draw from [0, 1).

    Knuth, The Art of Computer Programming, volume 2, algorithm 3.4.2P, with the choices known ahead.
    """
    for at in range(len(samples)):
        ahead = at + _FAR_AHEAD
        if ahead < len(samples):
            fetch(order, int(samples[ahead] * (end - ahead)))
        last = end - at - 1
        chosen = int(samples[at] * (last + 1))
        order[last], order[chosen] = order[chosen], order[last]
