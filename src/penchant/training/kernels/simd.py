"""Sixteen float32 numbers that move together: a vector type for the kernels that numba's own loops leave slow.

LLVM maps the type to the widest registers there are (one AVX-512, two AVX or four NEON registers), so the kernels are
written once. Variables of this type live in registers, which an array of sixteen never does.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic as typed_intrinsic
from numba.extending import models, register_model

WIDTH = 16
"""Numbers in one lane vector."""

_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, WIDTH)


class _VectorType(types.Type):
    def __init__(self) -> None:
        super().__init__("float32x16")


LANES = _VectorType()
intrinsic: Any = typed_intrinsic  # its declared type knows nothing of the arguments that the typing context is not


@register_model(_VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, _VECTOR)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, offset: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset]), _VECTOR.as_pointer())


def _splat(builder: Any, number: Any) -> Any:
    vector = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(vector, vector, order)


def _call(builder: Any, name: str, *arguments: Any) -> Any:
    signature = ir.FunctionType(_VECTOR, [_VECTOR] * len(arguments))
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.{name}.v{WIDTH}f32")
    return builder.call(function, arguments)


@intrinsic
def load(typing: Any, array: Any, offset: Any) -> Any:
    """The sixteen numbers of a contiguous float32 array that begin `offset` elements behind its first; unchecked."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_pointer(context, builder, signature.args[0], *arguments), align=4)

    return LANES(array, types.intp), code


@intrinsic
def store(typing: Any, array: Any, offset: Any, lanes: Any) -> Any:
    """Write sixteen numbers where `load` would read them; unchecked."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _pointer(context, builder, signature.args[0], *arguments[:2]), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, LANES), code


@intrinsic
def splat(typing: Any, number: Any) -> Any:
    """One number in all lanes."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _splat(builder, arguments[0])

    return LANES(types.float32), code


@intrinsic
def multiply(typing: Any, a: Any, b: Any) -> Any:
    """a * b, lane by lane."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fmul(*arguments)

    return LANES(LANES, LANES), code


@intrinsic
def add_product(typing: Any, total: Any, a: Any, b: Any) -> Any:
    """total + a * b, rounded once."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total, a, b = arguments
        return _call(builder, "fma", a, b, total)

    return LANES(LANES, LANES, LANES), code


@intrinsic
def take_product(typing: Any, total: Any, a: Any, b: Any) -> Any:
    """total - a * b, rounded once."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        total, a, b = arguments
        return _call(builder, "fma", builder.fneg(a), b, total)

    return LANES(LANES, LANES, LANES), code


@intrinsic
def larger(typing: Any, a: Any, b: Any) -> Any:
    """The larger number of each lane; the other one where one is no number."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, "maxnum", *arguments)

    return LANES(LANES, LANES), code


@intrinsic
def inverse_root(typing: Any, a: Any) -> Any:
    """1 / sqrt(a), lane by lane, in full precision."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fdiv(_splat(builder, ir.Constant(_FLOAT, 1.0)), _call(builder, "sqrt", arguments[0]))

    return LANES(LANES), code
