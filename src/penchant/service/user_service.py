"""What a user is answered from: stored ratings, training ratings and the model.

Every list is made from the ratings as the database holds them at that moment, so the next list always reflects the
last rating, whichever server wrote it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penchant.data.vocabulary import UNKNOWN
from penchant.foundations.errors import CallerError
from penchant.models.trained import TrainedModel
from penchant.recommending.argument_checks import check_on_scale
from penchant.recommending.user_state import UserState
from penchant.service.access import Reader
from penchant.service.id_spelling import spelled
from penchant.service.metrics import Metrics
from penchant.service.model_slot import ModelSlot
from penchant.service.problems import not_found
from penchant.service.served_items import check_features
from penchant.service.served_model import ServedModel
from penchant.service.storage.events import EventStore, weighted
from penchant.service.storage.ratings import RatingStore, Stored
from penchant.service.version_store import BASE


@dataclass(frozen=True)
class ServedUser:
    """One user, as one version of the model answers them.

    ratings: all their ratings that count, training ratings included, by item id; oldest first. Empty where the caller
    may not read them.
    """

    live: ServedModel
    user_id: str | None
    ratings: Mapping[str, float]
    state: UserState


class UserService:
    """Finds users and keeps their ratings."""

    def __init__(
        self,
        holder: ModelSlot,
        store: RatingStore,
        metrics: Metrics,
        events: EventStore,
        weights: Mapping[str, float],
    ) -> None:
        """weights: of each kind of event; items whose events weigh 1 or more in all count as chosen."""
        self._holder, self._store, self._metrics = holder, store, metrics
        self._events, self._weights = events, weights

    def user_id(self, given: str) -> str:
        """The one spelling of a user id."""
        return spelled(self._holder.current.part.users.vocabulary, given)

    def find(self, user_id: str, version: str | None = None) -> ServedUser:
        """A user by id: known from training, folded in from stored ratings, or answered from the prior.

        version: of the model, where it is not the served one.
        """
        live = self._holder.version(version)
        stored, erased = self._store.of(user_id)
        training = {} if erased else training_ratings(live.part, user_id)
        chosen = weighted(self._events.counts_of(user_id), self._weights)
        if training and not stored and not chosen:
            return self._counted(ServedUser(live, user_id, training, self._state(live, user_id, None)))
        ratings = _merged(training, stored)
        return self._counted(ServedUser(live, user_id, ratings, self._state(live, None, ratings, chosen)))

    def find_for(self, reader: Reader) -> ServedUser:
        """The user as this reader may see them: without the right to read stored ratings, as the base's training left
        them. A version that was trained on the user's stored ratings answers such a reader as for an unknown user."""
        if reader.owns:
            return self.find(reader.user_id)
        live = self._holder.current
        stored, erased = self._store.of(reader.user_id)
        kept = bool(stored) or bool(self._events.counts_of(reader.user_id))
        hidden = erased or (kept and live.version != BASE)
        known = not hidden and reader.user_id in live.part.users.vocabulary
        state = self._state(live, reader.user_id, None) if known else self._state(live, None, {})
        return self._counted(ServedUser(live, reader.user_id, {}, state))

    def describe(self, ratings: Mapping[str, float], features: Mapping[str, Any] | None = None) -> ServedUser:
        """A user by the ratings and features in the request; nothing is kept."""
        live = self._holder.current
        check_ratings(live, ratings.values())
        if features:
            check_features(live.part.users, features, "users")
            self._metrics.fold_in(kept=False)
            state = live.model.fold_in(ratings, features=features)
        else:
            state = self._state(live, None, ratings)
        self._metrics.asked(len(ratings) - len(state.unknown), len(state.unknown))
        return self._counted(ServedUser(live, None, ratings, state))

    def _state(
        self,
        live: ServedModel,
        user_id: str | None,
        ratings: Mapping[str, float] | None,
        chosen: Sequence[str] = (),
    ) -> UserState:
        if ratings is None:
            return live.model.fold_in(user=user_id)
        what = _fingerprint(ratings, chosen)
        self._metrics.fold_in(kept=what in live.states)
        return live.state(what, ratings, chosen)

    def questions(self, person: ServedUser, n: int, skip: Sequence[str] = ()) -> list[int]:
        """The numbers of the n items whose rating would say most about the user."""
        live, ratings = person.live, person.ratings

        def asked() -> list[int]:
            try:
                found = live.model.fold_in(ratings, asked=list(ratings)).onboarding(n, skip=skip)
            except CallerError:  # a model that does not say how uncertain it is: the most rated items
                return live.catalogue.best_known(n, besides=(*ratings, *skip))
            return [live.catalogue.number(str(one.item)) for one in found]

        return live.questions.get((n, _fingerprint(ratings), _fingerprint(dict.fromkeys(skip))), asked)

    def _counted(self, person: ServedUser) -> ServedUser:
        self._metrics.answer(person.state.source)
        return person

    # --- writing -------------------------------------------------------------------------------------------------

    def rate(self, user_id: str, item_id: str, value: float) -> str:
        """Keep one rating, durably; the item's id as it is kept."""
        live = self._holder.current
        check_ratings(live, [value])
        item = self.item_id(item_id)
        self._store.put(user_id, {item: value})
        return item

    def unrate(self, user_id: str, item_id: str) -> str:
        """Forget one rating, durably; one that training holds is marked as taken back."""
        item = self.item_id(item_id)
        if item in training_ratings(self._holder.current.part, user_id):
            self._store.put(user_id, {item: None})
        else:
            self._store.remove(user_id, item)
        return item

    def events(self, user_id: str) -> dict[tuple[str, str], float]:
        """How often the user did something other than rating, by item and kind."""
        return self._events.counts_of(user_id)

    def export(self, user_id: str) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """The rows kept of the user, and the training ratings that still count."""
        _, erased = self._store.of(user_id)
        training = {} if erased else training_ratings(self._holder.current.part, user_id)
        return self._store.export(user_id), training

    def item_id(self, item_id: str) -> str:
        """The id as the catalogue spells it; a refusal for an item there is not."""
        known = self._holder.current.catalogue.known_id(item_id)
        if known is None:
            self._holder.follow_items()  # another server may have added it a moment ago
            known = self._holder.current.catalogue.known_id(item_id)
        if known is None:
            raise not_found(f"there is no item {item_id!r}", "Search with GET /v1/items, or add it with POST /v1/items")
        return known


def _fingerprint(ratings: Mapping[str, object], chosen: Sequence[str] = ()) -> bytes:
    """Sixteen bytes that stand for these ratings and chosen items in this order."""
    return hashlib.blake2b(repr([*ratings.items(), *chosen]).encode(), digest_size=16).digest()


def training_ratings(trained: TrainedModel, user_id: str) -> dict[str, float]:
    """The ratings the model was trained on, by item id; none for an unknown user."""
    number = trained.users.vocabulary.number(user_id)
    if number == UNKNOWN:
        return {}
    numbers, values = trained.interactions.row(number)
    return dict(zip(map(str, trained.items.vocabulary.take(numbers).tolist()), values.tolist(), strict=True))


def _merged(training: Mapping[str, float], stored: Stored) -> dict[str, float]:
    """Training ratings replaced by stored ones, without those taken back."""
    kept = {item: value for item, value in training.items() if item not in stored}
    return kept | {item: value for item, value in stored.items() if value is not None}


def check_ratings(live: ServedModel, values: Iterable[float]) -> None:
    """Raises CallerError for a rating that is not on the model's scale, or between two of its steps."""
    if live.model.rating_model is None:
        return
    scale = live.model.rating_model.scale
    for value in values:
        check_on_scale(value, scale)
        steps = (value - scale.low) / scale.step if scale.step else 0.0
        if abs(steps - round(steps)) > 1e-6:
            remedy = f"Rate from {scale.low:g} to {scale.high:g} in steps of {scale.step:g}"
            raise CallerError(f"{value:g} is between two ratings", remedy=remedy)
