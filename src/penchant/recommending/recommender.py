"""Recommender: the public object. Its arguments and results have ids; numbers are internal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, overload

import numpy as np

from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import CallerError, ModelFolderError, ModelShapeError
from penchant.foundations.progress import Progress
from penchant.foundations.rng import Seed
from penchant.models.trained import TrainedModel
from penchant.recommending.argument_checks import one_id, paired_numbers
from penchant.recommending.batch import BatchLists
from penchant.recommending.explanations import Explanation, RankedExplanation
from penchant.recommending.filters import allowed_items
from penchant.recommending.item_index import ItemIndex, PartIndex, PartName
from penchant.recommending.item_state import ItemState, item_state_of
from penchant.recommending.options import By, ListOptions
from penchant.recommending.popularity import PopularOrder
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.query import UserQuery
from penchant.recommending.ranker import Liking, Ranker
from penchant.recommending.results import Prediction, Ranking
from penchant.recommending.row_rankings import ranking_of, similar_rows
from penchant.recommending.saving import load_parts, save_parts
from penchant.recommending.top_n import top_n
from penchant.recommending.user_state import UserState, user_state_of


class Recommender:
    """A rating model, a choice model, or both with a ranker; it predicts, recommends, folds in and is saved as one.

    rating_model: predicts the rating of an item by a user. choice_model: scores which items a user will choose. ranker:
    orders lists by both. No method changes the models.
    """

    def __init__(
        self,
        rating_model: TrainedModel | None = None,
        choice_model: TrainedModel | None = None,
        ranker: Ranker | None = None,
    ) -> None:
        """Raises ModelShapeError for parts that do not fit each other, and CallerError without any part."""
        self.rating_model, self.choice_model = rating_model, choice_model
        whole = rating_model is not None and choice_model is not None
        self.ranker = ranker
        if whole and ranker is None and rating_model is not None:
            self.ranker = Ranker.product(Liking.of(rating_model.interactions.values, rating_model.scale))
        _check_parts(rating_model, choice_model)
        parts: dict[PartName, PartIndex] = {}
        if rating_model is not None:
            parts["rating"] = PartIndex(rating_model)
        if choice_model is not None:
            parts["choice"] = PartIndex(choice_model)
        self._index = ItemIndex(parts, self.ranker)

    @classmethod
    def of(cls, trained: TrainedModel) -> Recommender:
        """A recommender with one part; the model's objective decides which."""
        return cls(rating_model=trained) if trained.objective == "rating" else cls(choice_model=trained)

    def __repr__(self) -> str:
        parts = [f"{name} {part.trained.kind}" for name, part in self._index.parts.items()]
        return f"<Recommender {', '.join(parts)}: {len(self._index.users)} users, {len(self._index.items)} items>"

    # --- predictions and lists -----------------------------------------------------------------------------------

    @checked_arguments
    def predict(self, users: Any, items: Any) -> Prediction:
        """Expected ratings of users for items, by id; each is one id or B ids. Unknown ids are predicted too.

        Raises CallerError without a rating model.
        """
        trained = self._index.part("rating").trained
        return predict_numbers(trained, *paired_numbers(users, items, self._index.users, self._index.items))

    @checked_arguments
    def recommend(
        self,
        user: Any,
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
        """The n best items for a user, best first; arguments as in `ListOptions`.

        An unknown user is answered from the prior and flagged. A new user with ratings: `fold_in(...).recommend(n)`.
        """
        options = ListOptions(n, by, exclude_seen, exclude, among, where, diversity, explore, new_items)
        return user_state_of(self._index, UserQuery(one_id(user, "user"))).ranking(options)

    @checked_arguments
    def recommend_many(
        self,
        users: Iterable[Any] | None = None,
        n: int = 10,
        *,
        by: By | None = None,
        exclude_seen: bool = True,
        exclude: Iterable[Any] = (),
        among: Iterable[Any] | None = None,
        where: Mapping[str, Any] | None = None,
        exclude_pairs: Any = None,
        to: str | Path | None = None,
        table: str = "lists",
        progress: Progress | None = None,
    ) -> Any:
        """The lists of many users, or of all known ones: a polars frame of user, rank, item, score and source.

        With a choice model and a ranker it has p_choose too. exclude_pairs: a table of users and items, a frame or a
        path; each item is left out for that user. to: a file that ends in .parquet, .csv or .jsonl, or the URL of a
        database, to stream them to instead; the place is then returned, and memory stays bounded. table: of that
        database; one of that name is replaced. Other arguments as in `ListOptions`.
        """
        options = ListOptions(n, by, exclude_seen, exclude, among, where)
        lists = BatchLists.of(self._index, users, options, exclude_pairs)
        return lists.frame(progress) if to is None else lists.write(to, table, progress)

    @overload
    def explain(self, user: Any, item: Any, *, by: PartName) -> Explanation: ...

    @overload
    def explain(self, user: Any, item: Any, *, by: By | None = None) -> Explanation | RankedExplanation: ...

    @checked_arguments
    def explain(self, user: Any, item: Any, *, by: By | None = None) -> Explanation | RankedExplanation:
        """The exact split of an item's score for a user, by id. by: as in `UserState.explain`."""
        return user_state_of(self._index, UserQuery(one_id(user, "user"))).explain(item, by=by)

    @checked_arguments
    def popular(
        self,
        n: int = 10,
        *,
        order: PopularOrder = "popular",
        window: float | None = None,
        where: Mapping[str, Any] | None = None,
        among: Iterable[Any] | None = None,
        exclude: Iterable[Any] = (),
    ) -> Ranking:
        """The n items that training interactions put first. Other arguments as in `ListOptions`.

        order: "popular" by the number of interactions; "trending" by how much more often an item is chosen in the
        window than in the weeks before it (see `Popularity.trending`); "latest" by the time of its first interaction,
        scored as days before now, negative. window: only interactions of the last so many days count. Now is the time
        of the latest interaction. Raises CallerError for a window or an order that needs timestamps which are missing.
        """
        items = self._index.main.trained.items
        options = ListOptions(n, exclude=exclude, among=among, where=where)
        allowed, unknown = allowed_items(items, options, hidden=self._index.hidden)
        scores, chosen = self._index.times.ordered(order, window)
        best = top_n(scores, n, allowed=allowed & chosen)
        by = "count" if order == "popular" else order
        return ranking_of(items, best, scores[best].astype(np.float32), by, unknown=unknown)

    @checked_arguments
    def similar_items(self, item: Any, n: int = 10, *, by: By | None = None, approximate: bool = False) -> Ranking:
        """The n items whose vectors point most nearly in the same direction, and the ratings that this rests on.

        Scores are cosines, shrunk where they rest on few ratings (see `Neighbourhood`).
        by: the part whose vectors are compared; None for the rating part where there is one. approximate: by an index
        of the `ann` extra, for catalogues of millions.
        """
        part = self._index.part(self._index.one_part(by))
        wanted, hidden = one_id(item, "item"), self._index.hidden
        return similar_rows(part.trained.items, part.items_near, wanted, n, approximate, hidden)

    @checked_arguments
    def similar_users(self, user: Any, n: int = 10, *, by: By | None = None, approximate: bool = False) -> Ranking:
        """The n users with the most similar vectors; arguments as in `similar_items`."""
        part = self._index.part(self._index.one_part(by))
        return similar_rows(part.trained.users, part.users_near, one_id(user, "user"), n, approximate)

    # --- new users and items -------------------------------------------------------------------------------------

    @checked_arguments
    def fold_in(
        self,
        ratings: Mapping[Any, float] | None = None,
        *,
        user: Any = None,
        features: Mapping[str, Any] | None = None,
        asked: Iterable[Any] = (),
        chosen: Iterable[Any] = (),
    ) -> UserState:
        """A user with these ratings (item id -> rating) and features (name -> value); either may be empty.

        user: an id; the ratings are added to those of a known user. asked: items that the user was asked to rate (see
        `UserState.onboarding`); their selection is not treated as implicit feedback. chosen: items that the user chose
        without rating them; only the choice part learns of them, and no list holds them. The row is computed by the row
        update of training, and the models are not changed. Raises CallerError for ratings outside the scale, and for
        features that the users of the models do not have.
        """
        return user_state_of(self._index, UserQuery(user, ratings, features, asked, chosen))

    @checked_arguments
    def fold_in_item(
        self, ratings: Mapping[Any, float] | None = None, *, features: Mapping[str, Any] | None = None
    ) -> ItemState:
        """A new item with these ratings (user id -> rating) and features (name -> value); either may be empty.

        The models are not changed; see `with_item` for a recommender that keeps the item. Raises CallerError for
        features that the items of the models do not have.
        """
        return item_state_of(self._index, ratings, features)

    @checked_arguments
    def with_user(
        self, user: Any, ratings: Mapping[Any, float] | None = None, *, features: Mapping[str, Any] | None = None
    ) -> Recommender:
        """A recommender that keeps the user; a known user gets a new row from old and new ratings."""
        user = one_id(user, "user")
        return self._with(user, self.fold_in(ratings, user=user, features=features))

    @checked_arguments
    def with_item(
        self, item: Any, ratings: Mapping[Any, float] | None = None, *, features: Mapping[str, Any] | None = None
    ) -> Recommender:
        """A recommender that keeps the item; a known item gets a new row."""
        return self._with(one_id(item, "item"), self.fold_in_item(ratings, features=features))

    def _with(self, wanted: Any, state: UserState | ItemState) -> Recommender:
        kept = {name: row.kept(wanted) for name, row in state.rows.items()}
        return Recommender(kept.get("rating"), kept.get("choice"), self.ranker)

    # --- saving --------------------------------------------------------------------------------------------------

    @checked_arguments
    def save(self, folder: str | Path) -> Path:
        """Write the recommender to a folder, completely or not at all; it replaces one that is there."""
        return save_parts(folder, self.rating_model, self.choice_model, self.ranker)


@checked_arguments
def load(folder: str | Path, *, mapped: bool = False) -> Recommender:
    """The recommender saved in a folder. Raises ModelFolderError if it is incomplete, changed, or of a newer format.

    mapped: leave the arrays in the file and read them from there, so that processes which load one folder share its
    memory. The file must then stay as it is; saving a recommender to the folder again makes another file.
    """
    parts = load_parts(folder, mapped=mapped)
    try:
        return Recommender(*parts)
    except (CallerError, ModelShapeError) as broken:
        raise ModelFolderError(f"the parts do not fit each other ({broken})", where=str(folder)) from broken


def main_model(recommender: Recommender) -> TrainedModel:
    """The rating model, or the choice model if that is the only part."""
    return index_of(recommender).main.trained


def index_of(recommender: Recommender) -> ItemIndex:
    """The index of the recommender, for other layers that work with numbers."""
    return recommender._index


def recommender_of(index: ItemIndex) -> Recommender:
    """The recommender of an index, whose parts are taken to fit each other."""
    made = Recommender.__new__(Recommender)
    made._index, made.ranker = index, index.ranker
    trained = {name: part.trained for name, part in index.parts.items()}
    made.rating_model, made.choice_model = trained.get("rating"), trained.get("choice")
    return made


def _check_parts(rating: TrainedModel | None, choice: TrainedModel | None) -> None:
    """Raise ModelShapeError for parts of the wrong kind or with different ids."""
    if rating is None and choice is None:
        raise CallerError("a recommender needs a rating model or a choice model")
    for trained, objective, name in ((rating, "rating", "rating_model"), (choice, "preference", "choice_model")):
        if trained is not None and trained.objective != objective:
            raise CallerError(f"a {trained.kind} model is no {name}", where=name, remedy="Use Recommender.of(model)")
    if rating is not None and choice is not None:
        for side in ("users", "items"):
            if getattr(rating, side).vocabulary != getattr(choice, side).vocabulary:
                raise ModelShapeError(f"the two parts number their {side} differently")
