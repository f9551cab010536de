"""Training a recommender: one named model as its only part, or the parts that a table supports."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from penchant.data.ratings import Ratings
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import CallerError, SettingsError
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.rng import Seed, generator, spawn_seeds
from penchant.models.trained import TrainedModel
from penchant.recommending.ranker_fitting import fit_ranker
from penchant.recommending.ranking_cuts import choose_cuts
from penchant.recommending.recommender import Recommender
from penchant.training import registry

RATING_MODEL = "bayes"
"""The rating model that is trained if no model is named."""

LARGE_CHOICE_MODEL = "implicit_als"
"""The choice model of a table that is too large for EASE."""

LARGEST_EASE = 20_000
"""The most users or items, whichever are fewer, for which EASE is the default."""

SHORT: Mapping[str, Any] = {"samples": 16, "burn_in": 24}
"""Settings of the rating model for fitting the ranker; the weights are nearly those of a long chain."""


@checked_arguments
def train(
    ratings: Ratings,
    model: str | None = None,
    *,
    seed: Seed = 0,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    resume: Recommender | None = None,
    settings: Mapping[str, Any] | None = None,
    **more: Any,
) -> Recommender:
    """Train a recommender in this process.

    model: a name from the registry, whose model is then the only part; None for the parts that the table supports.
    seed: of every random step. validation: ratings whose error is reported (and may stop training); they are not
    trained on. resume: an earlier recommender whose model of the same name is continued. settings: the fields of the
    model's settings dataclass, as a mapping or as keyword arguments. Raises SettingsError for invalid settings and
    DataError for ratings that cannot be used.
    """
    if not isinstance(ratings, Ratings):
        raise CallerError(
            f"a model is trained on Ratings, not on a {type(ratings).__name__}",
            where="ratings",
            remedy="Read a table with Ratings.from_csv, Ratings.from_parquet or Ratings.from_frame",
        )
    chosen = {**(settings or {}), **more}
    if model is None and not chosen and resume is None:
        return train_parts(ratings, seed=seed, validation=validation, progress=progress)
    name = model or RATING_MODEL
    earlier = None if resume is None else _earlier(resume, name)
    return Recommender.of(
        registry.train(ratings, name, seed=seed, validation=validation, progress=progress, resume=earlier, **chosen)
    )


def train_parts(
    ratings: Ratings,
    *,
    seed: Seed = 0,
    validation: Ratings | None = None,
    progress: Progress | None = None,
    cut: str = "auto",
) -> Recommender:
    """Train the parts that the table supports, and fit the ranker on rows held back from it.

    cut: which rows the ranker is fitted on: "latest", "random", or "auto" to let the table decide. A table without
    ratings, or whose ratings are all equal, gets a choice model only.
    """
    shown, number = progress or Silent(), int(spawn_seeds(generator(seed), 1)[0])
    rates, kind = has_ratings(ratings), choice_kind(ratings)
    shown.note(f"choice model: {kind.name}, {kind.reason}")

    def short(rows: Ratings) -> tuple[TrainedModel | None, TrainedModel]:
        rating = registry.train(rows, RATING_MODEL, seed=seed, **SHORT) if rates else None
        return rating, registry.train(rows, kind.name, seed=seed)

    shown.start("ranker", 1)
    ranker = fit_ranker(choose_cuts(ratings, seed=number, how=cut), short, seed=number)
    shown.step()
    seconds, rating = {}, None
    if rates:
        started = time.perf_counter()
        rating = registry.train(ratings, RATING_MODEL, seed=seed, validation=validation, progress=progress)
        seconds["rating"] = time.perf_counter() - started
    started = time.perf_counter()
    choice = registry.train(ratings, kind.name, seed=seed, progress=progress)
    seconds["choice"] = time.perf_counter() - started
    facts = {**ranker.facts, "choice_model": f"{kind.name}: {kind.reason}"}
    facts["seconds"] = {**facts.get("seconds", {}), **seconds}
    return Recommender(rating, choice, replace(ranker, facts=facts))


@dataclass(frozen=True)
class ChoiceKind:
    """The choice model for a table, and the reason."""

    name: str
    reason: str


def choice_kind(ratings: Ratings) -> ChoiceKind:
    """EASE if its matrix of item pairs, or of user pairs, fits in memory; else the factored model."""
    smaller = min(ratings.n_users, ratings.n_items)
    words = f"{ratings.n_users:,} users and {ratings.n_items:,} items"
    if smaller <= LARGEST_EASE:
        return ChoiceKind("ease", f"its matrix fits {words}")
    return ChoiceKind(LARGE_CHOICE_MODEL, f"{words} are too many for the matrix of ease")


def has_ratings(ratings: Ratings) -> bool:
    """Whether the values are ratings and differ, so that there is something to predict."""
    return ratings.kind == "ratings" and len(ratings) > 0 and float(ratings.values.min()) < float(ratings.values.max())


def train_again(
    earlier: Recommender,
    ratings: Ratings,
    *,
    seed: Seed = 0,
    progress: Progress | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Recommender:
    """Train every part of an earlier recommender again, with its settings; the ranker is not changed.

    settings: values that replace those of the same name, in each part with such a setting. Raises SettingsError for a
    name that no part has.
    """
    parts = [part for part in (earlier.rating_model, earlier.choice_model) if part is not None]
    known = {part.kind: registry.model_spec(part.kind).settings_class().names() for part in parts}
    for name in settings or {}:
        if not any(name in names for names in known.values()):
            every = sorted(set().union(*known.values()))
            raise SettingsError(f"there is no setting {name!r}", remedy=f"There are: {', '.join(every)}")
    trained = {}
    for part in parts:
        own = {name: value for name, value in (settings or {}).items() if name in known[part.kind]}
        chosen = {**part.settings, **own}
        trained[part.objective] = registry.train(ratings, part.kind, seed=seed, progress=progress, **chosen)
    return Recommender(trained.get("rating"), trained.get("preference"), earlier.ranker)


def _earlier(resume: Recommender, name: str) -> TrainedModel:
    """The part to continue: the one of that kind, else the only one, which training then checks."""
    if not isinstance(resume, Recommender):
        raise SettingsError(f"{type(resume).__name__} cannot be continued", where="resume", remedy="Give a Recommender")
    parts = [part for part in (resume.rating_model, resume.choice_model) if part is not None]
    return next((part for part in parts if part.kind == name), parts[0])
