"""Model: the public object. Ids come in, ids go out; everything between is numbers and a TrainedModel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.foundations.errors import CallerError
from penchant.foundations.progress import Progress
from penchant.foundations.rng import Seed
from penchant.models.saving import load_trained, save_trained
from penchant.models.scoring import score_pairs, score_table
from penchant.models.sides import Floats, Side
from penchant.models.trained import TrainedModel
from penchant.recommending import similar
from penchant.recommending.request import Answer, Prediction, Source, weaker
from penchant.recommending.resolving import Resolved, resolve
from penchant.recommending.top_n import top_n
from penchant.training import registry


class Model:
    """A trained model that answers for anybody.

    trained: the parameters, with their draw axis; never changed by an answer.
    """

    def __init__(self, trained: TrainedModel) -> None:
        self.trained = trained

    def __repr__(self) -> str:
        t = self.trained
        return (
            f"<Model {t.kind}: {len(t.users)} users, {len(t.items)} items, {t.users.factors} factors, {t.draws} draws>"
        )

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
        return self.trained.users.vectors

    @property
    def item_vectors(self) -> Floats:
        """(S, I, K)."""
        return self.trained.items.vectors

    @property
    def history(self) -> Sequence[Mapping[str, float]]:
        """The named figures of each epoch or draw."""
        return self.trained.history

    # --- pairs ---------------------------------------------------------------------------------------------------

    def predict(self, users: Any, items: Any) -> Prediction:
        """Expected ratings of users for items, by id; either may be one id or B of them. Unknown ids are answered."""
        user_ids, item_ids = np.broadcast_arrays(_as_ids(users), _as_ids(items))
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
    ) -> Prediction:
        """The same by number, shape (B,) each; a number outside the vocabulary is somebody the model never met.

        user_features, item_features: tables whose row of a number describes it, for those never met.
        """
        means, stds = np.empty(len(users), np.float32), np.empty(len(users), np.float32)
        sources = np.empty((2, len(users)), dtype=object)
        chunk = max(256, 2**24 // (self.trained.draws * (self.trained.users.factors + 1)))
        for start in range(0, len(users), chunk):
            at = slice(start, start + chunk)
            u = resolve(self.trained.users, users[at], user_features and user_features.take(users[at]))
            i = resolve(self.trained.items, items[at], item_features and item_features.take(items[at]))
            scores = score_pairs(self.trained, u.rows, i.rows)
            means[at], stds[at] = scores.mean, scores.std
            sources[0, at], sources[1, at] = u.sources, i.sources
        return Prediction(means, stds, weaker(*sources), *sources)

    # --- lists ---------------------------------------------------------------------------------------------------

    def recommend(
        self,
        user: Any,
        n: int = 10,
        *,
        exclude_seen: bool = True,
        exclude: Iterable[Any] = (),
        among: Iterable[Any] | None = None,
    ) -> Answer:
        """The n items the user is expected to rate highest, best first.

        exclude_seen: leave out what the user rated in training. exclude: item ids to leave out besides. among: the
        only item ids allowed. An unknown user is answered from the prior and flagged.
        """
        number = self.trained.users.vocabulary.number(user)
        resolved = resolve(self.trained.users, np.array([number], dtype=np.int32))
        allowed, unknown = self._allowed(exclude, among)
        if exclude_seen and number != UNKNOWN:
            allowed[self.trained.seen.row(number)[0]] = False
        if number == UNKNOWN:
            unknown = [user, *unknown]
        return self._answer(user, resolved, n, allowed, unknown)

    def _allowed(self, exclude: Iterable[Any], among: Iterable[Any] | None) -> tuple[NDArray[np.bool_], list[Any]]:
        vocabulary = self.trained.items.vocabulary
        allowed = np.full(len(vocabulary), among is None)
        unknown = []
        for ids, value in ((among or (), True), (exclude, False)):
            for one in ids:
                number = vocabulary.number(one)
                if number == UNKNOWN:
                    unknown.append(one)
                else:
                    allowed[number] = value
        return allowed, unknown

    def _answer(
        self, user: Any, resolved: Resolved, n: int, allowed: NDArray[np.bool_], unknown: Sequence[Any]
    ) -> Answer:
        if n < 1:
            raise CallerError(f"a list of {n} items was asked for", remedy="Ask for at least one")
        best = top_n(score_table(self.trained, resolved.rows)[0], n, allowed=allowed)
        items = resolve(self.trained.items, best)
        user_rows = resolved.rows.take(np.zeros(len(best), dtype=np.int64))
        scores = score_pairs(self.trained, user_rows, items.rows)
        titles = [self.trained.items.title(number) for number in best]
        source: Source = resolved.sources[0]
        ids = self.trained.items.vocabulary.take(best)
        return Answer(user, ids, titles, scores.mean, scores.std, items.sources, source, unknown)

    def similar_items(self, item: Any, n: int = 10) -> Answer:
        """The n items whose vectors point most nearly the same way; scores are cosines."""
        return self._similar(self.trained.items, item, n)

    def similar_users(self, user: Any, n: int = 10) -> Answer:
        """The n users whose vectors point most nearly the same way; scores are cosines."""
        return self._similar(self.trained.users, user, n)

    def _similar(self, side: Side, wanted: Any, n: int) -> Answer:
        number = side.vocabulary.number(wanted)
        if number == UNKNOWN:
            nothing = np.array([])
            return Answer(wanted, nothing, [], nothing, nothing, nothing, "prior", [wanted])
        best, cosines = similar.neighbours(side, number, n)
        sources = np.full(len(best), "known", dtype=object)
        own: Source = "known" if side.counts[number] else "features" if side.maps_features else "prior"
        titles = [side.title(one) for one in best]
        return Answer(wanted, side.vocabulary.take(best), titles, cosines, np.zeros_like(cosines), sources, own)

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


def _as_ids(ids: Any) -> NDArray[Any]:
    if isinstance(ids, str | int):
        return np.array([ids], dtype=object)
    array = np.asarray(list(ids) if not hasattr(ids, "__array__") else ids)
    return array.astype(object) if array.dtype.kind not in "iu" else array
