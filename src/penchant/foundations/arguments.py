"""Arguments that a function does not take are reported like any other bad input."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import CallerError

P = ParamSpec("P")
R = TypeVar("R")


def checked_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The function, raising CallerError where Python would raise TypeError for missing or unknown arguments."""
    signature = inspect.signature(function)
    takes = [name for name in signature.parameters if name not in ("self", "cls")]
    rest = next((one for one in signature.parameters.values() if one.kind is inspect.Parameter.VAR_KEYWORD), None)
    named = _named(function, rest)
    open_ended = rest is not None and not named
    if rest is not None and named:
        takes = [name for name in takes if name != rest.name] + named
    where = f"{function.__name__}()"

    def refuse(kwargs: dict[str, Any], wrong: TypeError) -> CallerError:
        unknown = [] if open_ended else [name for name in kwargs if name not in takes]
        if unknown:
            remedy = name_remedy(unknown[0], takes, intro="It takes")
            return CallerError(f"there is no argument {unknown[0]!r}", where=where, remedy=remedy)
        return CallerError(str(wrong), where=where, remedy=f"It takes: {', '.join(takes) or 'no arguments'}")

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if named and not kwargs.keys() <= set(takes):
            raise refuse(kwargs, TypeError())
        try:
            return function(*args, **kwargs)
        except TypeError:
            try:
                signature.bind(*args, **kwargs)  # only a call that failed pays for the check
            except TypeError as wrong:
                raise refuse(kwargs, wrong) from None
            raise

    return checked


def type_of(value: object) -> str:
    """The type of a value with its article, such as "an int"."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeioAEIO' else 'a'} {name}"


def _named(function: Callable[..., Any], rest: inspect.Parameter | None) -> list[str]:
    """The names of keyword arguments that are typed as `Unpack[SomeTypedDict]`."""
    hint = None if rest is None else rest.annotation
    if isinstance(hint, str):
        hint = eval(hint, function.__globals__)  # the annotation, as the module's imports define it
    (keywords,) = typing.get_args(hint) or (None,)
    return list(typing.get_type_hints(keywords)) if typing.is_typeddict(keywords) else []
