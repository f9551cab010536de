"""Arguments that a function does not take are reported like any other bad input."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import CallerError

P = ParamSpec("P")
R = TypeVar("R")


def checked_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The function, raising CallerError where Python would raise TypeError for missing or unknown arguments."""
    signature = inspect.signature(function)
    takes = [name for name in signature.parameters if name not in ("self", "cls")]
    open_ended = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in signature.parameters.values())
    where = f"{function.__name__}()"

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        unknown = [] if open_ended else [name for name in kwargs if name not in takes]
        if unknown:
            remedy = name_remedy(unknown[0], takes, intro="It takes")
            raise CallerError(f"there is no argument {unknown[0]!r}", where=where, remedy=remedy)
        try:
            signature.bind(*args, **kwargs)
        except TypeError as wrong:
            remedy = f"It takes: {', '.join(takes) or 'no arguments'}"
            raise CallerError(str(wrong), where=where, remedy=remedy) from None
        return function(*args, **kwargs)

    return checked
