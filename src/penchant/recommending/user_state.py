"""UserState: somebody as one model sees them, with what they rated; known, folded in, or only described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.foundations.errors import CallerError
from penchant.models.pair_predictions import score_pairs
from penchant.models.rows import Rows
from penchant.models.scorers import RowPosterior
from penchant.models.sides import Side
from penchant.recommending.explanations import Explanation, Pull, split_score
from penchant.recommending.filters import allowed_items
from penchant.recommending.fold_in import infer
from penchant.recommending.list_scoring import rank_one
from penchant.recommending.neighbours import directions_of
from penchant.recommending.request import Answer, Filters, Prediction, Request, Source, weaker
from penchant.recommending.reranking import POOL, drawn_scores, spread_out
from penchant.recommending.row_lookup import features_from, resolve
from penchant.recommending.top_n import top_n

if TYPE_CHECKING:
    from penchant.recommending.recommender import Model


@dataclass(frozen=True)
class UserState:
    """One user's row in a model, and the ratings it rests on. The model itself is not changed by it.

    user: an id, or None. rows: (S, 1, D). source: what they rest on. numbers, values: (n,), the items rated and how.
    features: their one row of features, or None. unknown: the ids given that the model does not hold. history: the
    items they rated of their own accord, or None for all of them.
    """

    model: Model
    user: Any
    rows: Rows
    source: Source
    numbers: Numbers
    values: NDArray[np.float32]
    features: FeatureTable | None = None
    unknown: Sequence[Any] = ()
    history: Numbers | None = None

    def predict(self, items: Any) -> Prediction:
        """Expected ratings for one item id or B of them; unknown ids are answered."""
        return self.predict_numbers(self.model.trained.items.vocabulary.numbers(as_ids(items).tolist()))

    def predict_numbers(self, items: Numbers, *, item_features: FeatureTable | None = None) -> Prediction:
        """The same by number, (B,); item_features: a table whose row of a number describes an item never met."""
        trained = self.model.trained
        found = resolve(trained.items, items, item_features and item_features.take(items))
        scores = score_pairs(trained, self.rows, found.rows)
        own = np.full(len(items), self.source, dtype=object)
        return Prediction(scores.mean, scores.std, weaker(own, found.sources), own, found.sources)

    def recommend(self, n: int = 10, **filters: Unpack[Filters]) -> Answer:
        """The n items expected to be rated highest, best first; filters as in `Request`."""
        return self.answer(Request(n=n, **filters))

    def answer(self, request: Request) -> Answer:
        """The list that the request asks for; who asks is this visitor, whatever the request says."""
        trained = self.model.trained
        allowed, unknown = allowed_items(trained.items, request, self.numbers)
        best = self._ranked(request, allowed)
        said = self.predict_numbers(best)
        return Answer(
            user=self.user,
            items=trained.items.vocabulary.take(best),
            titles=[trained.items.title(number) for number in best],
            scores=said.mean,
            std=said.std,
            sources=said.item_source,
            source=self.source,
            unknown=[*self.unknown, *unknown],
        )

    def _ranked(self, request: Request, allowed: NDArray[np.bool_]) -> Numbers:
        trained, most = self.model.trained, request.n * (POOL if request.diversity else 1)
        if request.explore is None:
            best, scores = rank_one(trained, self.rows, self.model.stacked_items, most, allowed)
        else:
            drawn = drawn_scores(trained, self.rows, self._covariance(), request.explore)
            best = top_n(drawn, most, allowed=allowed)
            scores = drawn[best]
        if not request.diversity:
            return best
        directions = self.model.item_neighbourhood.directions[best]
        return best[spread_out(scores, directions, request.n, request.diversity)]

    def _covariance(self) -> NDArray[Any] | None:
        """What is unsure of the row within a draw: a learnt row of one draw is as unsure as its fold-in would be."""
        if self.rows.covariance is not None:
            return self.rows.covariance[:, 0]
        return self.posterior.covariance if self.model.trained.samples == 1 else None

    def explain(self, item: Any) -> Explanation:
        """The exact split of the score of one item id into mean, biases and the pull of each rating."""
        trained = self.model.trained
        number = trained.items.vocabulary.numbers([item])
        said, found = self.predict_numbers(number), resolve(trained.items, number)
        parts = split_score(trained, self.rows, self.posterior, found.rows)
        order = np.argsort(-np.abs(parts.pulls), kind="stable")
        return Explanation(
            user=self.user,
            item=item,
            title=str(item) if number[0] == UNKNOWN else trained.items.title(int(number[0])),
            predicted=float(said.mean[0]),
            std=float(said.std[0]),
            source=said.source[0],
            similar=self._liked_like(found.rows),
            **{**vars(parts), "pulls": [self._pull(at, parts.pulls[at]) for at in order]},
        )

    @property
    def posterior(self) -> RowPosterior:
        """The fold-in of this visitor's ratings, whose linear map says what each of them pulls."""
        return infer(self.model.trained, "users", self.numbers, self.values, self.features, self.history).posterior

    def _pull(self, at: int, amount: float) -> Pull:
        items, number = self.model.trained.items, int(self.numbers[at])
        return Pull(items.vocabulary.id_of(number), items.title(number), float(self.values[at]), float(amount))

    def _liked_like(self, item: Rows, most: int = 3) -> list[Pull]:
        """The liked items whose vectors point most nearly the item's way."""
        if not len(self.numbers):
            return []
        liked = np.flatnonzero(self.values >= self.values.mean())
        theirs = directions_of(self.model.trained.items.rows(self.numbers[liked]))
        cosines = theirs @ directions_of(item)[0]
        return [self._pull(liked[at], cosines[at]) for at in top_n(cosines, most)]


def user_state_of(model: Model, request: Request) -> UserState:
    """Who the request is from: a known user's learnt row where nothing new is said, else a row folded in just now."""
    trained = model.trained
    number = UNKNOWN if request.user is None else trained.users.vocabulary.number(request.user)
    known = number != UNKNOWN
    numbers, values = trained.interactions.row(number) if known else _NOTHING
    features = _described(trained.users, request.features, number)
    if known and not request.ratings and trained.users.counts[number]:
        rows = trained.users.rows(np.array([number]))
        return UserState(model, request.user, rows, "known", numbers, values, features)
    given, rated, unknown = in_numbers(trained.items, request.ratings)
    numbers, values = _together(numbers, values, given, rated)
    if request.user is not None and not known:
        unknown = [request.user, *unknown]
    asked = trained.items.vocabulary.numbers(request.asked)
    history = np.setdiff1d(numbers, asked) if len(asked) else None
    return replace(newcomer(model, numbers, values, features, history), user=request.user, unknown=unknown)


def newcomer(
    model: Model,
    numbers: Numbers,
    values: NDArray[Any],
    features: FeatureTable | None = None,
    history: Numbers | None = None,
) -> UserState:
    """A user who is folded in, who rated the items `numbers` (n,) with `values` (n,).

    features, history: as in UserState.
    """
    found = infer(model.trained, "users", numbers, values, features, history)
    own = values.astype(np.float32)
    return UserState(model, None, found.rows, found.source, numbers, own, features, history=history)


_NOTHING = (np.empty(0, np.int32), np.empty(0, np.float32))


def in_numbers(side: Side, ratings: Mapping[Any, float]) -> tuple[Numbers, NDArray[np.float32], list[Any]]:
    """Ratings by id as numbers and values, (n,) each, and the ids that the side does not hold.

    Raises CallerError for a rating that is no finite number.
    """
    for one, rating in ratings.items():
        if not np.isfinite(rating):
            raise CallerError(f"the rating {rating!r} is no finite number", where=f"{one!r}", remedy="Leave it out")
    numbers = side.vocabulary.numbers(ratings)
    values = np.fromiter(ratings.values(), dtype=np.float32, count=len(ratings))
    met = numbers != UNKNOWN
    unknown = [one for one, found in zip(ratings, met, strict=True) if not found]
    return numbers[met], values[met], unknown


def as_ids(ids: Any) -> NDArray[Any]:
    """One id or many as an array (B,)."""
    if isinstance(ids, str | int):
        return np.array([ids], dtype=object)
    array = np.asarray(ids if hasattr(ids, "__array__") else list(ids))
    return array.astype(object) if array.dtype.kind not in "iu" else array


def _together(
    numbers: Numbers, values: NDArray[np.float32], given: Numbers, rated: NDArray[np.float32]
) -> tuple[Numbers, NDArray[np.float32]]:
    """Remembered ratings and those given now; where both speak of an item, the new one counts."""
    if not len(numbers):
        return given, rated
    kept = ~np.isin(numbers, given)
    return np.concatenate([numbers[kept], given]), np.concatenate([values[kept], rated])


def _described(users: Side, features: Mapping[str, Any] | None, number: int) -> FeatureTable | None:
    """The features given, else those on record for a known number."""
    if features:
        return features_from(users, [features])
    if number != UNKNOWN and users.features is not None:
        return users.features.take(np.array([number]))
    return None
