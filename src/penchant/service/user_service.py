"""Who asks, and what they are answered: stored ratings, training ratings and the model, put together.

Every list is made from the ratings as the database holds them at that moment, so the next list always reflects the
last rating, whichever server wrote it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penchant.data.vocabulary import UNKNOWN
from penchant.foundations.errors import CallerError
from penchant.recommending.argument_checks import check_on_scale
from penchant.recommending.user_state import UserState
from penchant.service.metrics import Metrics
from penchant.service.model_slot import ModelSlot, ServedModel
from penchant.service.problems import not_found
from penchant.service.storage.ratings import RatingStore, Stored


@dataclass(frozen=True)
class ServedUser:
    """Somebody, as one version of the model sees them.

    ratings: all their ratings that count, training ratings included, by item id; oldest first.
    """

    live: ServedModel
    user_id: str | None
    ratings: Mapping[str, float]
    visitor: UserState


class UserService:
    """Finds people and keeps their ratings."""

    def __init__(self, holder: ModelSlot, store: RatingStore, metrics: Metrics) -> None:
        self._holder, self._store, self._metrics = holder, store, metrics

    def find(self, user_id: str) -> ServedUser:
        """A user by id: learnt, folded in from stored ratings, or, when nothing is known, met with the prior."""
        live = self._holder.current
        stored, erased = self._store.of(user_id)
        learnt = {} if erased else training_ratings(live, user_id)
        if learnt and not stored:
            return self._counted(ServedUser(live, user_id, learnt, self._visitor(live, user_id, None)))
        ratings = _merged(learnt, stored)
        return self._counted(ServedUser(live, user_id, ratings, self._visitor(live, None, ratings)))

    def describe(self, ratings: Mapping[str, float], features: Mapping[str, Any] | None = None) -> ServedUser:
        """Somebody by the ratings and features they have just given; nothing is kept."""
        live = self._holder.current
        for value in ratings.values():
            _check_rating(live, value)
        if features:
            self._metrics.fold_in(kept=False)
            return self._counted(ServedUser(live, None, ratings, live.model.fold_in(ratings, features=features)))
        return self._counted(ServedUser(live, None, ratings, self._visitor(live, None, ratings)))

    def _visitor(self, live: ServedModel, user_id: str | None, ratings: Mapping[str, float] | None) -> UserState:
        if ratings is None:
            return live.model.fold_in(user=user_id)
        what = _fingerprint(ratings)
        self._metrics.fold_in(kept=what in live.visitors)
        return live.visitors.get(what, lambda: live.model.fold_in(ratings))

    def questions(self, person: ServedUser, n: int, skip: Sequence[str] = ()) -> list[int]:
        """The numbers of the n items whose rating would tell most about the person."""
        live, ratings = person.live, person.ratings

        def asked() -> list[int]:
            try:
                found = live.model.fold_in(ratings, asked=ratings).onboarding(n, skip=skip)
            except CallerError:  # a model that does not say how unsure it is: the best known items
                return live.catalogue.best_known(n, besides=(*ratings, *skip))
            return [live.catalogue.number(str(one.item)) for one in found]

        return live.questions.get((n, _fingerprint(ratings), _fingerprint(dict.fromkeys(skip))), asked)

    def _counted(self, person: ServedUser) -> ServedUser:
        self._metrics.answer(person.visitor.source)
        return person

    # --- writing -------------------------------------------------------------------------------------------------

    def rate(self, user_id: str, item_id: str, value: float) -> str:
        """Keep one rating, durably; the item's id as it is kept."""
        live = self._holder.current
        _check_rating(live, value)
        item = self.item_id(item_id)
        self._store.put(user_id, {item: value})
        return item

    def unrate(self, user_id: str, item_id: str) -> str:
        """Forget one rating, durably; one that training holds is marked as taken back."""
        item = self.item_id(item_id)
        if item in training_ratings(self._holder.current, user_id):
            self._store.put(user_id, {item: None})
        else:
            self._store.remove(user_id, item)
        return item

    def export(self, user_id: str) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """The rows kept of the user, and the training ratings that still count."""
        _, erased = self._store.of(user_id)
        learnt = {} if erased else training_ratings(self._holder.current, user_id)
        return self._store.export(user_id), learnt

    def item_id(self, item_id: str) -> str:
        """The id as the catalogue spells it; a refusal for an item there is not."""
        known = self._holder.current.catalogue.known_id(item_id)
        if known is None:
            self._holder.refresh()  # another server may have added it a moment ago
            known = self._holder.current.catalogue.known_id(item_id)
        if known is None:
            raise not_found(f"there is no item {item_id!r}", "Search with GET /v1/items, or add it with POST /v1/items")
        return known


def _fingerprint(ratings: Mapping[str, object]) -> bytes:
    """Sixteen bytes that stand for these ratings in this order."""
    return hashlib.blake2b(repr(list(ratings.items())).encode(), digest_size=16).digest()


def training_ratings(live: ServedModel, user_id: str) -> dict[str, float]:
    """The ratings the model was trained on, by item id; none for a user it never met."""
    trained = live.part
    number = trained.users.vocabulary.number(user_id)
    if number == UNKNOWN:
        return {}
    numbers, values = trained.interactions.row(number)
    return dict(zip(map(str, trained.items.vocabulary.take(numbers).tolist()), values.tolist(), strict=True))


def _merged(learnt: Mapping[str, float], stored: Stored) -> dict[str, float]:
    """Training ratings overruled by stored ones; those taken back are gone."""
    kept = {item: value for item, value in learnt.items() if item not in stored}
    return kept | {item: value for item, value in stored.items() if value is not None}


def _check_rating(live: ServedModel, value: float) -> None:
    if live.model.rating_model is not None:
        check_on_scale(value, live.model.rating_model.scale)
