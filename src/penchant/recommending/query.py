"""Who asks: a known user, an unknown one, or a new one described by ratings and features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class UserQuery:
    """Who a list, a prediction or an explanation is for.

    user: an id, known or not; None for a user who is only described. ratings: item id -> rating, given just now; they
    are added to those a known user has. features: name -> value. asked: those of the rated items that the user was
    asked to rate; their selection is not treated as implicit feedback.
    """

    user: Any = None
    ratings: Mapping[Any, float] | None = None
    features: Mapping[str, Any] | None = None
    asked: Iterable[Any] = ()
