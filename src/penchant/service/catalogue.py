"""The items of one model, ready to be searched, shown and drawn on a map."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import UNKNOWN
from penchant.foundations.threads import paced
from penchant.models.sides import Side
from penchant.service.facets import Facets
from penchant.service.id_spelling import spelled
from penchant.service.title_search import TitleSearch, folded

_ARTICLE = re.compile(r"^(.*), (The|A|An|Le|La|Les|L'|Der|Die|Das|El|Il|Los|Las)( \(.*)?$")


@dataclass(frozen=True)
class Item:
    """One item. bias: how far it is rated above the mean, corrected for who rated it. ratings: training ratings.

    listed: whether lists and searches may hold it.
    """

    id: str
    title: str
    tags: tuple[str, ...]
    ratings: int
    bias: float
    listed: bool


class Catalogue:
    """Items by number, with a search over their titles.

    hidden: (I,), the items that a search and the map leave out, or None. deleted: the numbers of items that are gone.
    """

    hidden: NDArray[np.bool_] | None = None
    deleted: frozenset[int] = frozenset()
    _whole_map: ItemMap | None = None

    def __init__(self, side: Side) -> None:
        self._side = side
        self._bias = side.bias.mean(axis=0)
        self.titles = [shown(side.title(number)) for number in paced(range(len(side)))]  # requests go on meanwhile
        self._search = TitleSearch(self.titles, side.counts)
        self._by_popularity = np.argsort(-side.counts, kind="stable")

    def changed(self, side: Side, numbers: NDArray[Any]) -> Catalogue:
        """The catalogue of a side with more items, or other titles and features, at these numbers (m,)."""
        fresh, more = copy(self), len(side) - len(self)
        fresh._side = side
        fresh.titles = [*self.titles, *[""] * more]
        fresh._bias = np.pad(self._bias, (0, more))
        fresh._by_popularity = np.append(self._by_popularity, np.arange(len(self), len(side)))
        for number in numbers[numbers != UNKNOWN].tolist():
            fresh.titles[number] = shown(side.title(number))
            fresh._bias[number] = side.bias[:, number].mean()
        fresh._search = self._search.changed({n: fresh.titles[n] for n in numbers[numbers != UNKNOWN].tolist()}, more)
        for derived in ("facets", "by_title_and_year"):
            fresh.__dict__.pop(derived, None)
        return fresh

    def without(self, hidden: NDArray[np.bool_] | None, deleted: frozenset[int]) -> Catalogue:
        """The catalogue with these items left out; see the class."""
        fresh = copy(self)
        fresh.hidden, fresh.deleted = hidden, deleted - {UNKNOWN}
        return fresh

    def __len__(self) -> int:
        return len(self._side)

    def number(self, item_id: str) -> int:
        """The item's number, or UNKNOWN."""
        return self._side.vocabulary.number(item_id)

    def known_id(self, item_id: str) -> str | None:
        """The one spelling of an id under which ratings are kept, or None for an item there is not."""
        number = self.number(spelled(self._side.vocabulary, item_id))
        return None if number == UNKNOWN or number in self.deleted else str(self._side.vocabulary.ids[number])

    def is_listed(self, number: int) -> bool:
        """Whether lists, searches and the map may hold the item."""
        return self.hidden is None or not self.hidden[number]

    def item(self, number: int) -> Item:
        side = self._side
        return Item(
            str(side.vocabulary.ids[number]),
            self.titles[number],
            self._tags(number),
            int(side.counts[number]),
            float(self._bias[number]),
            self.is_listed(number),
        )

    def _tags(self, number: int) -> tuple[str, ...]:
        table = self._side.features
        if table is None:
            return ()
        found: list[str] = []
        for name, kind in table.kinds.items():
            value = table.columns[name][number]
            if kind in ("many", "category") and value:
                found.extend([value] if kind == "category" else value)
        return tuple(str(tag) for tag in found if not str(tag).startswith("("))

    def search(self, text: str, *, limit: int, offset: int = 0) -> tuple[list[Item], int]:
        """The items whose title fits every word of the text, best first, and how many there are in all.

        Accents, punctuation, missing spaces and small typing errors are forgiven. No text means every item.
        """
        hits = self._search.find(text)
        if self.hidden is not None:
            hits = [number for number in hits if not self.hidden[number]]
        return [self.item(n) for n in hits[offset : offset + limit]], len(hits)

    def best_known(self, n: int, *, besides: Iterable[str]) -> list[int]:
        """The numbers of the n most rated items, leaving out those with the given ids."""
        out = {self.number(one) for one in besides}
        return [number for number in self._listed() if number not in out][:n]

    @cached_property
    def facets(self) -> Facets:
        return Facets.of(self._side.features)

    @cached_property
    def by_title_and_year(self) -> Mapping[tuple[str, int | None], int]:
        """The number of an item by its folded title without the brackets at its end, and its year.

        A title with several names, in brackets, is found by each of them, and by its part before a colon. Where two
        items have the same name, the one with more ratings is meant.
        """
        found: dict[tuple[str, int | None], int] = {}
        for names in (names_of, lambda title: [folded(title.partition(":")[0])] if ":" in title else []):
            for number in self._by_popularity.tolist():
                for name in names(self.titles[number]):
                    found.setdefault((name, year_in(self.titles[number])), number)
        return found

    def _listed(self) -> list[int]:
        """The numbers of the items that may be shown, most rated first."""
        order = self._by_popularity if self.hidden is None else self._by_popularity[~self.hidden[self._by_popularity]]
        return order.tolist()

    @property
    def item_map(self) -> ItemMap:
        """The map of the listed items."""
        if self._whole_map is None:
            self._whole_map = ItemMap.of(self._side)
        return self._whole_map.without(self.hidden)


@dataclass(frozen=True)
class ItemMap:
    """The rated items on a plane: the two directions in which their vectors differ most.

    numbers: (M,) items, most rated first. places: (M, 2), within -1..1. ends: the numbers of some items at the four
    ends: left, right, bottom, top.
    """

    numbers: NDArray[np.int64]
    places: NDArray[np.float32]
    ends: Sequence[Sequence[int]]

    @classmethod
    def of(cls, side: Side, *, most: int = 4000, named: int = 3) -> ItemMap:
        """The map of the `most` most rated items."""
        order = np.argsort(-side.counts, kind="stable")[:most]
        numbers = order[side.counts[order] > 0]
        places = _plane(side.vectors[:, numbers].mean(axis=0), side.counts[numbers])
        well_known = np.arange(min(len(numbers), 400))
        ends = []
        for axis in (0, 1):
            ranked = well_known[np.argsort(places[well_known, axis], kind="stable")]
            ends += [numbers[ranked[:named]].tolist(), numbers[ranked[::-1][:named]].tolist()]
        return cls(numbers, places, ends)

    def without(self, hidden: NDArray[np.bool_] | None) -> ItemMap:
        """The map without these items (I,); the others keep their places."""
        if hidden is None:
            return self
        shown = ~hidden[self.numbers]
        ends = [[number for number in end if not hidden[number]] for end in self.ends]
        return replace(self, numbers=self.numbers[shown], places=self.places[shown], ends=ends)


def _plane(vectors: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float32]:
    """The first two principal coordinates (M, 2), drawn in softly so that all lie within -1..1."""
    if not len(vectors):
        return np.zeros((0, 2), np.float32)
    weights = np.sqrt(counts)[:, None]
    centred = vectors - (vectors * weights).sum(axis=0) / weights.sum()
    _, axes = np.linalg.eigh(((centred * weights).T @ centred).astype(np.float64))
    axes = axes[:, ::-1][:, :2]
    places = np.zeros((len(vectors), 2))
    places[:, : axes.shape[1]] = centred @ axes
    reach = np.quantile(np.abs(places), 0.9, axis=0)
    return np.tanh(0.9 * places / np.where(reach > 0, reach, 1)).astype(np.float32)


def shown(title: str) -> str:
    """A title as it is protocol_lines: "Matrix, The (1999)" is The Matrix (1999)."""
    match = _ARTICLE.match(title)
    if match is None:
        return title
    name, article, rest = match.groups()
    return f"{article}{'' if article.endswith(chr(39)) else ' '}{name}{rest or ''}"


def without_year(title: str) -> str:
    """A title without the brackets at its end."""
    return re.sub(r"( \([^()]*\))+$", "", title) or title


def year_in(title: str) -> int | None:
    """The year in the brackets at a title's end, or None."""
    match = re.search(r"\((\d{4})(?:[-–]\d{0,4})?\)$", title)
    return int(match[1]) if match else None


def names_of(title: str) -> list[str]:
    """The folded names of a title: the one before its brackets, and those in brackets that are no year."""
    brackets = [re.sub(r"^a\.?k\.?a\.? ", "", one) for one in re.findall(r" \(([^()]*)\)", title)]
    names = [shown(without_year(title)), *(shown(one) for one in brackets if not re.fullmatch(r"\d{4}.*", one))]
    return [name for name in dict.fromkeys(map(folded, names)) if name]
