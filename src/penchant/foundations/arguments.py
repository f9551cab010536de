"""Arguments that a function does not take are answered like any other bad input."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from penchant.foundations.errors import CallerError

P = ParamSpec("P")
R = TypeVar("R")


def checked_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The function, raising CallerError where Python would raise TypeError for missing or unknown arguments."""
    signature = inspect.signature(function)
    takes = [name for name in signature.parameters if name not in ("self", "cls")]
    remedy = f"It takes: {', '.join(takes)}" if takes else "It takes no arguments"

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except TypeError:
            try:
                signature.bind(*args, **kwargs)
            except TypeError as wrong:
                raise CallerError(str(wrong), where=f"{function.__name__}()", remedy=remedy) from None
            raise

    return checked
