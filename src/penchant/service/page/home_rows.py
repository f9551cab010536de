"""The rows of the home page: each is a list with its own reason, filtered by label and years."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

import numpy as np

from penchant.foundations.errors import CallerError
from penchant.recommending.filters import allowed_items
from penchant.recommending.options import ListOptions
from penchant.service.catalogue import without_year
from penchant.service.page import contexts as c
from penchant.service.page.composing import MOST, cards
from penchant.service.page.viewer import Viewer

ON_A_ROW = 12
MONTH = 30.0
NAMES = ("for-you", "popular", "because", "new", "afield")
FURTHER = 0.5
"""The diversity of the row that explores."""
_LATER = ("because", "afield")
"""Rows that take longer: a script fetches them when the page is there."""


@dataclass(frozen=True)
class RowQuery:
    """The filters of an address. label: a genre. years: "1990-1999", "1990-", "-1989" or empty. n: of cards."""

    label: str = ""
    years: str = ""
    n: int = ON_A_ROW

    @property
    def span(self) -> tuple[int | None, int | None]:
        """First and last year. What is no span of years filters nothing."""
        match = re.fullmatch(r"(\d{4})?-(\d{4})?", self.years)
        if match is None:
            return None, None
        low, high = match.groups()
        return (int(low) if low else None), (int(high) if high else None)

    @property
    def address(self) -> str:
        """The filters as a query, without a question mark."""
        return urlencode({name: value for name, value in (("genre", self.label), ("years", self.years)) if value})


def filters_of(viewer: Viewer, query: RowQuery) -> c.Filters:
    facets = viewer.live.catalogue.facets
    spans = [(f"{decade}-{decade + 9}", f"{decade}s") for decade in facets.decades if decade >= 1950]
    older = [decade for decade in facets.decades if decade < 1950]
    if older:
        spans.append(("-1949", "before 1950"))
    if query.years and query.years not in dict(spans) and query.span != (None, None):
        spans.insert(0, (query.years, query.years.replace("-", " to ").strip()))
    known = query.label if query.label in facets.labels else ""
    years = query.years if query.years in dict(spans) else ""
    return c.Filters(known, years, facets.labels, spans, RowQuery(known, years).address)


def card_row(viewer: Viewer, name: str, query: RowQuery, *, later: bool = False) -> c.CardRow | None:
    """One row, or None for one that this user or model has not. later: leave the cards to a script."""
    builder = _Builder(viewer, query)
    heading, lead = builder.words(name)
    if not heading:
        return None
    found = [] if later else builder.cards_of(name)
    if not found and not later:
        return None if name != "for-you" else c.CardRow(name, heading, "Nothing fits these filters.", [])
    filters = filters_of(viewer, query).query
    more = None
    if later or (len(found) >= query.n and query.n < MOST):
        more = f"/rows/{name}" + (f"?{filters}" if filters else "")
    return c.CardRow(name, heading, lead, found, more, later)


def card_rows(viewer: Viewer, query: RowQuery) -> list[c.CardRow]:
    """The rows of the home page; of a new user's, those that need no ratings."""
    names = ("for-you", "popular", "new") if viewer.is_new else NAMES
    found = [card_row(viewer, name, query, later=name in _LATER) for name in names]
    return [one for one in found if one is not None]


class _Builder:
    """The ids of each row for one viewer and one query."""

    def __init__(self, viewer: Viewer, query: RowQuery) -> None:
        self.viewer, self.live, self.n = viewer, viewer.live, query.n
        self.where: Mapping[str, Any] = self.live.catalogue.facets.where(query.label, *query.span)

    def words(self, name: str) -> tuple[str, str]:
        """Heading and lead of a row; an empty heading for a row there is not."""
        if name == "because":
            favourite = self.favourite()
            title = None if favourite is None else without_year(self.live.catalogue.titles[favourite])
            return ("", "") if title is None else (f"Because you liked {title}", "Liked by the same people.")
        has_times = self.live.part.interactions.timestamps is not None
        if name == "new" and not has_times and not self.live.added:
            return "", ""
        return {
            "for-you": _for_you_words(self.viewer),
            "popular": ("Popular this month", "Rated most often in the latest 30 days of the data.")
            if has_times
            else ("Most liked", "Rated highest by all, corrected for who rated them."),
            "new": ("New to the catalogue", "Added last, or rated for the first time last."),
            "afield": ("A little further afield", "Less certain to please, but more of a discovery."),
        }.get(name, ("", ""))

    def cards_of(self, name: str) -> list[c.Card]:
        method = {
            "for-you": self._for_you, "popular": self._popular, "because": self._because, "new": self._new,
            "afield": self._afield,
        }[name]  # fmt: skip
        return cards(self.viewer, method())

    def favourite(self) -> int | None:
        """The number of the item that the user rated highest, the latest of them; None if no rating is a liking."""
        known = {item: r for item, r in self.viewer.ratings.items() if self.live.catalogue.number(item) >= 0}
        if not known:
            return None
        best = max(reversed(list(known)), key=known.__getitem__)
        liking = self.viewer.person.state.index.liking
        return self.live.catalogue.number(best) if liking is None or known[best] >= liking.liked else None

    # --- ids ---------------------------------------------------------------------------------------------------------

    def _for_you(self) -> Sequence[Any]:
        return self.viewer.person.state.recommend(self.n, exclude=self.viewer.hidden, where=self.where).ids

    def _afield(self) -> Sequence[Any]:
        """Ranked by a posterior sample and spread out. The seed is made from the ratings, so a list stays as it is."""
        first = self.viewer.person.state.recommend(ON_A_ROW, exclude=self.viewer.hidden, where=self.where).ids
        seed = zlib.crc32(repr(list(self.viewer.ratings.items())).encode())
        out = [*self.viewer.hidden, *first]
        wanted = partial(self.viewer.person.state.recommend, self.n, exclude=out, where=self.where, diversity=FURTHER)
        try:
            return wanted(explore=seed).ids
        except CallerError:  # a model that does not say how unsure it is
            return wanted().ids

    def _popular(self) -> Sequence[Any]:
        if self.live.part.interactions.timestamps is None:
            return self._most_liked()
        out = self._out()
        return self.live.model.popular(self.n, window=MONTH, where=self.where, exclude=out).ids

    def _most_liked(self) -> Sequence[Any]:
        """By the item's bias, shrunk by its number of ratings."""
        items = self.live.part.items
        allowed = self._mask & (items.counts > 0)
        shrunk = items.bias.mean(axis=0) * items.counts / (items.counts + 10.0)
        numbers = np.flatnonzero(allowed)
        best = numbers[np.argsort(-shrunk[numbers], kind="stable")[: self.n]]
        return [str(items.vocabulary.ids[number]) for number in best]

    def _because(self) -> Sequence[Any]:
        favourite = self.favourite()
        if favourite is None:
            return []
        near = map(str, self.live.similar(favourite).ids)
        return [one for one in near if self._is_allowed(one)][: self.n]

    def _new(self) -> Sequence[Any]:
        added = [item.item_id for item in reversed(self.live.added) if self._is_allowed(item.item_id)][: self.n]
        if len(added) == self.n or self.live.part.interactions.timestamps is None:
            return added
        out = [*self._out(), *added]
        more = self.live.model.popular(self.n - len(added), order="latest", where=self.where, exclude=out).ids
        return [*added, *more]

    def _out(self) -> list[str]:
        return [*self.viewer.ratings, *self.viewer.hidden]

    @cached_property
    def _mask(self) -> Any:
        """The items that the row may show, (I,)."""
        options = ListOptions(self.n, exclude=self._out(), where=self.where)
        allowed, hidden = allowed_items(self.live.part.items, options)[0], self.live.catalogue.hidden
        return allowed if hidden is None else allowed & ~hidden

    def _is_allowed(self, item: str) -> bool:
        number = self.live.catalogue.number(item)
        return number >= 0 and bool(self._mask[number])


def _for_you_words(viewer: Viewer) -> tuple[str, str]:
    rated = len(viewer.ratings)
    if not rated:
        return "Liked by most people", "Nothing is known of you yet. This becomes your list as you rate."
    if viewer.is_new:
        return "Your list so far", f"From {'one rating' if rated == 1 else f'{rated} ratings'}. Each one changes it."
    return "For you", f"From your {rated} ratings."
