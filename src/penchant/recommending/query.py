"""UserQuery: the user of a request, by id, ratings and features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class UserQuery:
    """The user of a list, a prediction or an explanation.

    user: an id, known or unknown; None for a user without id. ratings: item id -> rating, given with the request; they
    are added to the ratings of a known user. features: name -> value. asked: items that the user was asked to rate;
    their selection is not treated as implicit feedback. chosen: items that the user chose without rating them; only the
    choice part learns of them.
    """

    user: Any = None
    ratings: Mapping[Any, float] | None = None
    features: Mapping[str, Any] | None = None
    asked: Iterable[Any] = ()
    chosen: Iterable[Any] = ()
