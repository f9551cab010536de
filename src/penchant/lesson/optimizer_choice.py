"""The optimiser that a caller of the lesson's learner chose."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from penchant.foundations.arguments import type_of
from penchant.foundations.errors import SettingsError
from penchant.lesson.checked_numbers import number

_OPTIMIZERS: dict[str, tuple[str, tuple[float, ...]]] = {
    "adam": ("betas", (0.9, 0.999)),
    "sgd": ("momentum", (0.9,)),
}
"""Of each optimiser of the lesson the argument that `partial` may change, with the lesson's value."""


def chosen_optimizer(opt_fn: Any) -> tuple[str, tuple[float, float]]:
    """The name of an optimiser, and its first and second momentum."""
    given: dict[str, Any] = {}
    while isinstance(opt_fn, partial):
        given, opt_fn = {**opt_fn.keywords, **given}, opt_fn.func
    name = str(opt_fn if isinstance(opt_fn, str) else getattr(opt_fn, "__name__", type_of(opt_fn)))
    if name.lower() not in _OPTIMIZERS:
        remedy = "Use optim.Adam or optim.SGD, without parentheses"
        raise SettingsError(f"{name} is not an optimiser that the learner knows", where="opt_fn", remedy=remedy)
    argument, values = _OPTIMIZERS[name.lower()]
    other = [one for one in given if one != argument]
    if other:
        remedy = f"It takes {argument}; the rate and the weight decay are arguments of learn.fit: lrs, wds"
        raise SettingsError(f"the learner takes no {other[0]} with {name}", where="opt_fn", remedy=remedy)
    changed = given.get(argument, values)
    found = [number(one, f"opt_fn, {argument}", such_as=0.9) for one in np.atleast_1d(changed).tolist()]
    if len(found) != len(values):
        remedy = f"Give {argument}={values if len(values) > 1 else values[0]}"
        raise SettingsError(f"{changed!r} has another length", where=f"opt_fn, {argument}", remedy=remedy)
    return name.lower(), (found[0], found[1] if len(found) > 1 else 0.0)
