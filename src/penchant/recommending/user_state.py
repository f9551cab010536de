"""UserState: one user with a row in each part; known, folded in, or from features or the prior."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args, overload

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.rng import Seed
from penchant.models.sides import Side
from penchant.recommending.argument_checks import (
    features_by_name,
    in_numbers,
    many_ids,
    numbers_of,
    one_id,
    ratings_by_id,
)
from penchant.recommending.elicitation import ElicitedItem, questions
from penchant.recommending.explanations import Explanation, RankedExplanation
from penchant.recommending.item_index import ItemIndex, PartIndex, PartName
from penchant.recommending.options import By, ListOptions, check_count
from penchant.recommending.part_row import PartRow
from penchant.recommending.query import UserQuery
from penchant.recommending.results import Prediction, Ranking, Source
from penchant.recommending.row_lookup import features_from
from penchant.recommending.user_explanations import explained_order, explained_part
from penchant.recommending.user_lists import ranking_for

_NOTHING = (np.empty(0, np.int32), np.empty(0, np.float32))
_OBJECTS = 4000
"""Bytes of the Python objects of one row, measured."""


@dataclass(frozen=True)
class UserState:
    """One user's row in each part, with the user's ratings. The recommender is not changed.

    user: an id, or None for a new user. rows: by part. unknown: the given ids that are not in the recommender.
    chosen: the numbers of items that the user chose without rating them, (m,).
    """

    index: ItemIndex
    rows: Mapping[PartName, PartRow]
    user: Any = None
    unknown: Sequence[Any] = ()
    chosen: Numbers = field(default_factory=lambda: _NOTHING[0])

    @property
    def main(self) -> PartRow:
        """The row in the rating part, or in the choice part if that is the only one."""
        return self.rows[self.index.one_part(None)]

    @property
    def source(self) -> Source:
        """The source of the row."""
        return self.main.source

    @property
    def numbers(self) -> Numbers:
        """The item numbers that the user has rated, (n,)."""
        return self.main.numbers

    @checked_arguments
    def predict(self, items: Any) -> Prediction:
        """Expected ratings for one item id or for B item ids; unknown ids are predicted too.

        Raises CallerError without a rating model.
        """
        return self._row("rating").predict(numbers_of(items, self.index.items, "items"))

    @checked_arguments
    def recommend(
        self,
        n: int = 10,
        *,
        by: By | None = None,
        exclude_seen: bool = True,
        exclude: Iterable[Any] = (),
        among: Iterable[Any] | None = None,
        where: Mapping[str, Any] | None = None,
        diversity: float = 0.0,
        explore: Seed | None = None,
        new_items: float = 0.0,
    ) -> Ranking:
        """The n best items for this user, best first; arguments as in `ListOptions`."""
        options = ListOptions(n, by, exclude_seen, exclude, among, where, diversity, explore, new_items)
        return self.ranking(options)

    def ranking(self, options: ListOptions) -> Ranking:
        """The list with these options."""
        return ranking_for(self.index, self.rows, self.user, self.unknown, options, self.chosen)

    @overload
    def explain(self, item: Any, *, by: PartName) -> Explanation: ...

    @overload
    def explain(self, item: Any, *, by: By | None = None) -> Explanation | RankedExplanation: ...

    @checked_arguments
    def explain(self, item: Any, *, by: By | None = None) -> Explanation | RankedExplanation:
        """The exact split of the score of one item id.

        by: "combined" for the terms of the ranker; "rating" or "choice" for the split of that part's own score into
        mean, biases and the contribution of each rating; None for what orders a list, which with a ranker is its terms.
        """
        item = one_id(item, "item")
        order = self.index.order(by)
        ranker = None if by in get_args(PartName) else self.index.ranker_for(order)
        if ranker is not None:
            return explained_order(self.index, self.rows, ranker, order, self.user, item)
        name = self.index.one_part(order)
        return explained_part(self.rows[name], name, self.user, item)

    @checked_arguments
    def onboarding(self, n: int = 5, *, skip: Iterable[Any] = ()) -> Sequence[ElicitedItem]:
        """The n items to ask this user to rate next, best first.

        skip: item ids not to ask about, such as items that the user does not know. Raises CallerError for a model
        without row covariances.
        """
        check_count(n)
        row = self.main
        skipped = np.append(self.seen, self.index.items.numbers(many_ids(skip, "skip")))
        if self.index.hidden is not None:
            skipped = np.append(skipped, np.flatnonzero(self.index.hidden))
        return questions(row.trained, row.rows, row.posterior, skipped, n, state=row.part.elicitation)

    @property
    def seen(self) -> Numbers:
        """The item numbers that the user has rated, in any part, or chosen."""
        return np.unique(np.concatenate([self.chosen, *(row.numbers for row in self.rows.values())]))

    @property
    def nbytes(self) -> int:
        """About how many bytes the state takes beside the models: its arrays, and the objects around them."""
        return sum(_OBJECTS + row.nbytes for row in self.rows.values())

    def on(self, index: ItemIndex) -> UserState:
        """The same state on an index of the same parts in which the items that the user rated are the same."""
        if index is self.index:
            return self
        return replace(
            self, index=index, rows={name: replace(row, part=index.parts[name]) for name, row in self.rows.items()}
        )

    def _row(self, name: PartName) -> PartRow:
        self.index.part(name)
        return self.rows[name]


def user_state_of(index: ItemIndex, query: UserQuery) -> UserState:
    """The state of the user of a query: the trained row of a known user without new ratings, else a folded-in row.

    Raises CallerError for invalid ratings or ids.
    """
    user = None if query.user is None else one_id(query.user, "user")
    number = UNKNOWN if user is None else index.users.number(user)
    ratings = ratings_by_id(query.ratings, index.scale)
    given = in_numbers(index.items, ratings)
    asked = index.items.numbers(many_ids(query.asked, "asked"))
    chosen = many_ids(query.chosen, "chosen")
    picked = index.items.numbers(chosen)
    own_choices = picked[picked != UNKNOWN]
    unknown = [*given[2], *(one for one, n in zip(chosen, picked.tolist(), strict=True) if n == UNKNOWN)]
    if user is not None and number == UNKNOWN:
        unknown = [user, *unknown]
    features = features_by_name(query.features, [part.trained.users for part in index.parts.values()], "users")
    rows = {}
    for name, part in index.parts.items():
        own = given[:2] if name == "rating" else _with_chosen(part, given[:2], own_choices)
        rows[name] = _row_in(part, number, own, asked, features)
    return UserState(index, rows, user, unknown, own_choices)


def new_user_state(
    index: ItemIndex,
    items: Numbers,
    values: NDArray[Any],
    features: FeatureTable | None = None,
    history: Numbers | None = None,
) -> UserState:
    """A new user with these item numbers and ratings, (n,) each; unknown numbers are ignored.

    features: a table of one row, or None. history: as in PartRow.
    """
    known = (items >= 0) & (items < len(index.items))
    rows = {
        name: PartRow.folded_in(part, "users", items[known], values[known], features, history)
        for name, part in index.parts.items()
    }
    return UserState(index, rows)


def _row_in(
    part: PartIndex,
    number: int,
    given: tuple[Numbers, NDArray[np.float32]],
    asked: Numbers,
    features: Mapping[str, Any] | None,
) -> PartRow:
    """The row of a number, or of UNKNOWN, in one part, with additional ratings."""
    trained = part.trained
    numbers, values = trained.interactions.row(number) if number != UNKNOWN else _NOTHING
    table = _described(trained.users, features, number)
    is_trained = number != UNKNOWN and bool(trained.users.counts[number])
    if is_trained and not len(given[0]) and not features:
        rows = trained.users.rows(np.array([number]))
        times = trained.interactions.times_of_user(number, numbers, values)
        return PartRow(part, "users", rows, "known", numbers, values, table, times=times)
    numbers, values = _together(numbers, values, *given)
    times = trained.interactions.times_of_user(number, numbers, values)
    history = np.setdiff1d(numbers, asked) if len(asked) else None
    return PartRow.folded_in(part, "users", numbers, values, table, history, times)


def _with_chosen(
    part: PartIndex, given: tuple[Numbers, NDArray[np.float32]], chosen: Numbers
) -> tuple[Numbers, NDArray[np.float32]]:
    """Given ratings, and chosen items (m,) with the highest value; a rating of the same item stands."""
    if not len(chosen):
        return given
    return _together(chosen, np.full(len(chosen), part.trained.scale.high, np.float32), *given)


def _together(
    numbers: Numbers, values: NDArray[np.float32], given: Numbers, rated: NDArray[np.float32]
) -> tuple[Numbers, NDArray[np.float32]]:
    """Training ratings and given ratings; a given rating replaces a training rating of the same item."""
    if not len(numbers):
        return given, rated
    kept = ~np.isin(numbers, given)
    return np.concatenate([numbers[kept], given]), np.concatenate([values[kept], rated])


def _described(users: Side, features: Mapping[str, Any] | None, number: int) -> FeatureTable | None:
    """The given features, else those of a known number."""
    if features:
        return features_from(users, [features])
    if number != UNKNOWN and users.features is not None:
        return users.features.take(np.array([number]))
    return None
