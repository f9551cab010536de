"""Model: the public object. Ids come in, ids go out; everything between is numbers and a TrainedModel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.foundations.progress import Progress
from penchant.foundations.rng import Seed
from penchant.models.distillation import distil
from penchant.models.pair_predictions import score_pairs, stacked_items
from penchant.models.rows import Floats
from penchant.models.saving import load_trained, save_trained
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.batch import BatchLists
from penchant.recommending.elicitation import ElicitationState, Question, elicitation_state_of, questions
from penchant.recommending.explanations import Explanation
from penchant.recommending.growth import grown
from penchant.recommending.item_state import ItemState, item_state_of
from penchant.recommending.neighbours import Neighbourhood
from penchant.recommending.request import Allowed, Answer, Filters, Prediction, Request, Source, weaker
from penchant.recommending.row_lookup import pieces, resolve
from penchant.recommending.user_state import UserState, as_ids, newcomer, user_state_of
from penchant.training import registry


class Model:
    """A trained model that answers for anybody.

    trained: the parameters, with their draw axis; never changed by an answer.
    """

    def __init__(self, trained: TrainedModel) -> None:
        self.trained = trained

    def __repr__(self) -> str:
        t = self.trained
        return f"<Model {t.kind}: {len(t.users)} users, {len(t.items)} items, {t.users.factors} factors, {t.samples} samples>"

    # --- what was learnt -----------------------------------------------------------------------------------------

    @property
    def mean(self) -> Floats:
        """The mean of each draw, (S,)."""
        return self.trained.mean

    @property
    def user_bias(self) -> Floats:
        """How far each user rates above the mean, (S, U)."""
        return self.trained.users.bias

    @property
    def item_bias(self) -> Floats:
        """How far each item is rated above the mean, corrected for who rated it, (S, I)."""
        return self.trained.items.bias

    @property
    def user_vectors(self) -> Floats:
        """(S, U, K)."""
        return self.trained.users.all_rows().vectors

    @property
    def item_vectors(self) -> Floats:
        """(S, I, K)."""
        return self.trained.items.vectors

    @property
    def history(self) -> Sequence[Mapping[str, float]]:
        """The named metrics of each epoch or draw."""
        return self.trained.history

    # --- pairs ---------------------------------------------------------------------------------------------------

    def predict(self, users: Any, items: Any) -> Prediction:
        """Expected ratings of users for items, by id; either may be one id or B of them. Unknown ids are answered."""
        user_ids, item_ids = np.broadcast_arrays(as_ids(users), as_ids(items))
        return self.predict_numbers(
            self.trained.users.vocabulary.numbers(user_ids.tolist()),
            self.trained.items.vocabulary.numbers(item_ids.tolist()),
        )

    def predict_numbers(
        self,
        users: Numbers,
        items: Numbers,
        *,
        user_features: FeatureTable | None = None,
        item_features: FeatureTable | None = None,
        timestamps: NDArray[np.int64] | None = None,
    ) -> Prediction:
        """The same by number, shape (B,) each; a number outside the vocabulary is somebody the model never met.

        user_features, item_features: tables whose row of a number describes it, for those never met. timestamps:
        (B,), when each rating is made, for a model that learnt from time.
        """
        means, stds = np.empty(len(users), np.float32), np.empty(len(users), np.float32)
        sources = np.empty((2, len(users)), dtype=object)
        users, items = np.asarray(users), np.asarray(items)
        for at in pieces(self.trained, users, items):
            u = resolve(self.trained.users, users[at], user_features and user_features.take(users[at]))
            i = resolve(self.trained.items, items[at], item_features and item_features.take(items[at]))
            when = None if timestamps is None else timestamps[at]
            shift = None if self.trained.temporal_bias is None else self.trained.temporal_bias.shift(users[at], when)
            scores = score_pairs(self.trained, u.rows, i.rows, shift)
            means[at], stds[at] = scores.mean, scores.std
            sources[0, at], sources[1, at] = u.sources, i.sources
        return Prediction(means, stds, weaker(*sources), *sources)

    # --- lists ---------------------------------------------------------------------------------------------------

    def recommend(self, user: Any, n: int = 10, **filters: Unpack[Filters]) -> Answer:
        """The n items the user is expected to rate highest, best first; filters as in `Request`.

        An unknown user is answered from the prior and flagged.
        """
        return self.answer(Request(user=user, n=n, **filters))

    def answer(self, request: Request) -> Answer:
        """The list for whoever asks: a known user, an unknown one, or a visitor with ratings and features."""
        return user_state_of(self, request).answer(request)

    def fold_in(
        self,
        ratings: Mapping[Any, float] | None = None,
        *,
        features: Mapping[str, Any] | None = None,
        asked: Iterable[Any] = (),
    ) -> UserState:
        """A new user by their ratings (item id -> rating) and features (name -> value); either may be empty.

        asked: the items they were asked about (see `onboarding`); to have rated those says nothing of taste. The model
        is not changed. Their row is found by the step that training takes for one row.
        """
        return user_state_of(self, Request(ratings=ratings or {}, features=features, asked=asked))

    def fold_in_numbers(
        self, items: Numbers, values: NDArray[Any], *, features: FeatureTable | None = None
    ) -> UserState:
        """The same by item number, (n,) each; features: a table of one row. Numbers never met are passed over."""
        met = (items >= 0) & (items < len(self.trained.items))
        return newcomer(self, items[met], values[met], features)

    def onboarding(
        self, n: int = 5, answers: Mapping[Any, float] | None = None, *, skip: Iterable[Any] = ()
    ) -> Sequence[Question]:
        """Which n items to ask a newcomer about, best first, given the answers so far (item id -> rating).

        skip: item ids not to ask about, such as those they said they do not know.
        """
        visitor = self.fold_in(answers, asked=answers or ())
        known = self.trained.items.vocabulary.numbers(skip)
        skipped = np.append(visitor.numbers, known)
        return questions(self.trained, visitor.rows, visitor.posterior, skipped, n, stakes=self.stakes)

    def explain(self, user: Any, item: Any) -> Explanation:
        """Why this user would rate this item so: the exact split of the score, by id."""
        return user_state_of(self, Request(user=user)).explain(item)

    @cached_property
    def stakes(self) -> ElicitationState | None:
        """What onboarding looks at, made when first asked for; None where it differs from one newcomer to the next."""
        straight = self.trained.scorer.linear and len(self.trained.users) > 0
        return elicitation_state_of(self.trained, self.trained.users.rows(np.array([0]))) if straight else None

    @cached_property
    def stacked_items(self) -> Floats | None:
        """Every item as one vector of the mean score over samples, (I, W); made when the first list is asked for."""
        return stacked_items(self.trained)

    def recommend_many(
        self,
        users: Iterable[Any] | None = None,
        n: int = 10,
        *,
        to: str | Path | None = None,
        progress: Progress | None = None,
        **allowed: Unpack[Allowed],
    ) -> Any:
        """The lists of many users, or of all the model knows: a polars frame of user, rank, item, score and source.

        to: a Parquet file to stream them to instead; its path is then returned, and memory stays bounded. Other
        filters as in `Request`.
        """
        lists = BatchLists.of(self.trained, users, Request(n=n, **allowed))
        return lists.frame(progress) if to is None else lists.write(to, progress)

    def similar_items(self, item: Any, n: int = 10, *, approximate: bool = False) -> Answer:
        """The n items whose vectors point most nearly the same way; scores are cosines.

        approximate: by an index of the `ann` extra, for catalogues of millions.
        """
        return self._similar(self.trained.items, self.item_neighbourhood, item, n, approximate)

    def similar_users(self, user: Any, n: int = 10, *, approximate: bool = False) -> Answer:
        """The n users whose vectors point most nearly the same way; scores are cosines."""
        return self._similar(self.trained.users, self.user_neighbourhood, user, n, approximate)

    @cached_property
    def item_neighbourhood(self) -> Neighbourhood:
        """Where the items' vectors point; made when first asked for."""
        return Neighbourhood(self.trained.items)

    @cached_property
    def user_neighbourhood(self) -> Neighbourhood:
        """Where the users' vectors point; made when first asked for."""
        return Neighbourhood(self.trained.users)

    def _similar(self, side: Side, near: Neighbourhood, wanted: Any, n: int, approximate: bool) -> Answer:
        number = side.vocabulary.number(wanted)
        if number == UNKNOWN:
            nothing = np.array([])
            return Answer(wanted, nothing, [], nothing, nothing, nothing, "prior", [wanted])
        best, cosines = near.near(number, n, approximate=approximate)
        sources = np.full(len(best), "known", dtype=object)
        own: Source = resolve(side, np.array([number])).sources[0]
        titles = [side.title(one) for one in best]
        return Answer(wanted, side.vocabulary.take(best), titles, cosines, np.zeros_like(cosines), sources, own)

    # --- growing -------------------------------------------------------------------------------------------------

    def fold_in_item(
        self, *, features: Mapping[str, Any] | None = None, ratings: Mapping[Any, float] | None = None
    ) -> ItemState:
        """A new item by its features (name -> value) and ratings (user id -> rating); either may be empty.

        The model is not changed; see `with_item` for one that keeps the item.
        """
        return item_state_of(self, ratings, features)

    def with_user(self, user: Any, ratings: Mapping[Any, float], *, features: Mapping[str, Any] | None = None) -> Model:
        """A grown model that knows the user from now on; one it knew gets a new row from old and new ratings."""
        one = user_state_of(self, Request(user=user, ratings=ratings, features=features))
        return Model(grown(self.trained, "users", user, one.rows, one.numbers, one.values, one.features))

    def with_item(
        self, item: Any, *, features: Mapping[str, Any] | None = None, ratings: Mapping[Any, float] | None = None
    ) -> Model:
        """A grown model whose catalogue holds the item from now on; one it held already gets a new row."""
        one = item_state_of(self, ratings, features)
        return Model(grown(self.trained, "items", item, one.rows, one.numbers, one.values, one.features))

    def distil(self, width: int) -> Model:
        """This model's samples as one draw of `width` factors, quicker to serve; see `models.distilling`."""
        return Model(distil(self.trained, width))

    # --- keeping -------------------------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> Path:
        """Write the model to a folder, whole or not at all; a model already there is replaced."""
        return save_trained(self.trained, folder)


def load(folder: str | Path) -> Model:
    """The model saved in a folder; ModelFolderError when it is cut short, altered, or of a newer format."""
    return Model(load_trained(folder))


def train(
    ratings: Ratings,
    model: str = "bayes",
    *,
    seed: Seed = 0,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: Model | None = None,
    **settings: Any,
) -> Model:
    """Learn a model of the named kind from ratings; see `registry.train`."""
    earlier = None if resume is None else resume.trained
    return Model(
        registry.train(ratings, model, seed=seed, validation=validation, progress=progress, resume=earlier, **settings)
    )
