"""Lists that were given, and what became of them: shown, clicked, chosen, rated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, insert, select

from penchant.service.storage.database import Database, now
from penchant.service.storage.schema import LISTS, OUTCOMES

OutcomeKind = Literal["shown", "clicked", "chosen", "rated"]
"""What became of an item of a list."""

_AT_ONCE = 500


@dataclass(frozen=True)
class GivenItem:
    """An item of a list, and the probability that the user's list holds it. greedy: whether it would be on the list
    without exploration. random: the probability that a list drawn at random would hold it."""

    item_id: str
    probability: float = 1.0
    greedy: bool = True
    random: float = 1.0


@dataclass(frozen=True)
class GivenList:
    """A list as it was given. explored: whether its items were drawn at random. listed_at: milliseconds since 1970."""

    list_id: str
    user_id: str
    experiment: str
    arm: str
    version: str
    source: str
    explored: bool
    items: Sequence[GivenItem]
    listed_at: int


@dataclass(frozen=True)
class ListOutcome:
    """What became of an item of a list. value: of a rating."""

    list_id: str
    item_id: str
    kind: OutcomeKind
    value: float | None = None


class ListStore:
    """The tables of lists and of their outcomes. Both are kept for so many days."""

    def __init__(self, database: Database, *, days: int) -> None:
        self._database, self._days = database, days

    def add(self, lists: Sequence[GivenList]) -> None:
        """Keep some lists, and forget old ones with their outcomes."""
        rows = [{**vars(one), "items": json.dumps([[*vars(item).values()] for item in one.items])} for one in lists]
        old = now() - 86_400_000 * self._days
        with self._database.write() as connection:
            connection.execute(insert(LISTS), rows)
            late = select(LISTS.c.list_id).where(LISTS.c.listed_at < old)
            connection.execute(delete(OUTCOMES).where(OUTCOMES.c.list_id.in_(late)))
            connection.execute(delete(LISTS).where(LISTS.c.listed_at < old))

    def report(self, outcomes: Sequence[ListOutcome]) -> list[bool]:
        """Keep outcomes, the last of each kind; whether each is of a list and an item that there is."""
        wanted = list(dict.fromkeys(one.list_id for one in outcomes))
        with self._database.write() as connection:
            held: dict[str, set[str]] = {}
            for start in range(0, len(wanted), _AT_ONCE):
                some = LISTS.c.list_id.in_(wanted[start : start + _AT_ONCE])
                for list_id, items in connection.execute(select(LISTS.c.list_id, LISTS.c["items"]).where(some)):
                    held[list_id] = {item[0] for item in json.loads(items)}
            known = [one.item_id in held.get(one.list_id, ()) for one in outcomes]
            rows = {
                (one.list_id, one.item_id, one.kind): {**vars(one), "at": now()}
                for one, there in zip(outcomes, known, strict=True) if there
            }  # fmt: skip
            if rows:
                put = self._database.dialect.insert(OUTCOMES)
                fresh = {"value": put.excluded.value, "at": put.excluded.at}
                keys = ["list_id", "item_id", "kind"]
                connection.execute(put.on_conflict_do_update(index_elements=keys, set_=fresh), list(rows.values()))
        return known

    def lists(self, experiment: str | None = None, size: int = 5000) -> Iterator[GivenList]:
        """The lists of an experiment, or all of them, in the order of their users."""
        wanted = select(LISTS).order_by(LISTS.c.user_id, LISTS.c.list_id)
        if experiment is not None:
            wanted = wanted.where(LISTS.c.experiment == experiment)
        with self._database.read() as connection:
            for page in connection.execution_options(yield_per=size).execute(wanted).mappings().partitions():
                for row in page:
                    items = [GivenItem(*item) for item in json.loads(row["items"])]
                    yield GivenList(**{**row, "items": items})

    def outcomes(self, kind: OutcomeKind) -> Mapping[str, Sequence[str]]:
        """The items with an outcome of that kind, by list."""
        found: dict[str, list[str]] = {}
        with self._database.read() as connection:
            rows = connection.execute(select(OUTCOMES.c.list_id, OUTCOMES.c.item_id).where(OUTCOMES.c.kind == kind))
            for list_id, item_id in rows:
                found.setdefault(list_id, []).append(item_id)
        return found
