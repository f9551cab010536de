"""Training a recommender: one named model as its only part, or the parts that a table supports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from penchant.data.ratings import Ratings
from penchant.foundations.arguments import checked_arguments, type_of
from penchant.foundations.durations import seconds_of
from penchant.foundations.errors import CallerError, SettingsError
from penchant.foundations.memory import available_memory
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.rng import Seed, generator, spawn_seeds
from penchant.models.trained import TrainedModel
from penchant.recommending.ranker_fitting import fit_ranker
from penchant.recommending.ranking_cuts import CUTS_BY, choose_cuts
from penchant.recommending.recommender import Recommender
from penchant.training import registry
from penchant.training.linear import ease, sparse_ease

RATING_MODEL = "bayes"
"""The rating model that is trained if no model is named."""

EXACT = 5_000
"""With this many users or items, or fewer, the weights of EASE take seconds at most."""

CUT = "auto"
"""The cut that lets the table decide."""

WARM = ("dot", "dot_bias", "net", "implicit_als")
"""The models that can start from the rows of an earlier one of other users and items."""

RANKER_SHARE = 0.2
"""The share of a budget that the rating model may take for fitting the ranker, and gets afterwards at the least."""

SHORT: Mapping[str, Any] = {"samples": 16, "burn_in": 24, "thin": 2}
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
    cut: str = CUT,
    budget: float | str | None = None,
    **more: Any,
) -> Recommender:
    """Train a recommender in this process.

    model: a name from the registry, whose model is then the only part; None for the parts that the table supports.
    seed: of every random step. validation: ratings whose error is reported (and may stop training); they are not
    trained on. resume: an earlier recommender whose model of the same name is continued. settings: the fields of the
    model's settings dataclass, as a mapping or as keyword arguments. cut: see `train_parts`; only without a named model
    or its settings. budget: about how long training may take, in seconds or as "90s", "5m" or "2h"; the rating model
    stops sampling when it is used up. The samples then depend on the speed of the machine. Raises SettingsError for
    invalid settings and DataError for ratings that cannot be used.
    """
    if not isinstance(ratings, Ratings):
        raise CallerError(
            f"a model is trained on Ratings, not on {type_of(ratings)}",
            where="ratings",
            remedy="Read a table with Ratings.from_csv, Ratings.from_parquet or Ratings.from_frame",
        )
    chosen = {**(settings or {}), **more}
    if model is None and not chosen and resume is None:
        return train_parts(ratings, seed=seed, validation=validation, progress=progress, cut=cut, budget=budget)
    refuse_cut(cut)
    name = model or RATING_MODEL
    if budget is not None:
        chosen["budget"] = seconds_of(budget, "budget")
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
    cut: str = CUT,
    budget: float | str | None = None,
) -> Recommender:
    """Train the parts that the table supports, and fit the ranker on rows held back from it.

    cut: which rows the ranker is fitted on: "latest", "random", or "auto" to let the table decide. budget: as in
    `train`; the ranker and the choice model take the time that they need, the rating model what is left. A table
    without ratings, or whose ratings are all equal, gets a choice model only. Raises SettingsError for a cut that the
    table does not support.
    """
    check_cut(ratings, cut)
    shown, kind = progress or Silent(), choice_kind(ratings)
    shown.note(f"choice model: {kind.name}, {kind.reason}")
    plans = {"rating": PartSettings(RATING_MODEL)} if has_ratings(ratings) else {}
    plans["choice"] = PartSettings(kind.name)
    facts = {"choice_model": f"{kind.name}: {kind.reason}"}
    seconds = None if budget is None else seconds_of(budget, "budget")
    return fit_parts(
        ratings, plans, seed=seed, validation=validation, progress=shown, cut=cut, facts=facts, budget=seconds
    )


class PartPlan(Protocol):
    """How one part is trained, here or on an engine."""

    @property
    def kind(self) -> str: ...

    @property
    def train(self) -> Callable[..., TrainedModel]:
        """(ratings, seed, *, progress, and of a rating model validation) -> the model, trained on these rows."""

    def shorter(self) -> PartPlan:
        """The same in less time, for fitting the ranker."""

    def within(self, seconds: float | None) -> PartPlan:
        """The same with a budget, if there is one."""


@dataclass(frozen=True)
class PartSettings:
    """A model to train as a part in this process, and its settings."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def train(self, ratings: Ratings, seed: Seed, **more: Any) -> TrainedModel:
        """The model, trained on these rows."""
        return registry.train(ratings, self.kind, seed=seed, **self.settings, **more)

    def shorter(self) -> PartSettings:
        """The same with a short chain, for fitting the ranker."""
        return self.changed(SHORT)

    def within(self, seconds: float | None) -> PartSettings:
        """The same with a budget, if there is one."""
        return self if seconds is None else self.changed({"budget": seconds})

    def changed(self, more: Mapping[str, Any]) -> PartSettings:
        """The rating model with some other settings; a choice model as it is."""
        return replace(self, settings={**self.settings, **more}) if self.kind == RATING_MODEL else self


def fit_parts(
    ratings: Ratings,
    plans: Mapping[str, PartPlan],
    *,
    seed: Seed,
    validation: Ratings | None = None,
    progress: Progress,
    cut: str,
    facts: Mapping[str, Any],
    budget: float | None = None,
) -> Recommender:
    """The ranker fitted on cuts, and then the parts on all rows.

    plans: by part, "choice" among them. facts: about the parts, kept with the ranker's. budget: in seconds.
    """
    began = time.monotonic()
    number = int(spawn_seeds(generator(seed), 1)[0])
    first = None if budget is None else RANKER_SHARE * budget

    def short(name: str) -> Callable[[Ratings], TrainedModel]:
        return lambda rows: plans[name].shorter().within(first).train(rows, seed)

    progress.start("ranker", 1)
    cuts = choose_cuts(ratings, seed=number, how=cut)
    ranker = fit_ranker(cuts, short("choice"), short("rating") if "rating" in plans else None, seed=number)
    progress.step()
    seconds, models = dict(ranker.facts.get("seconds", {})), {}
    for name, plan in sorted(plans.items()):  # the choice model first: the rating model gets the time that is left
        if budget is not None:
            plan = plan.within(max(budget - (time.monotonic() - began), RANKER_SHARE * budget))
        started = time.perf_counter()
        checked = {"validation": validation} if name == "rating" else {}
        models[name] = plan.train(ratings, seed, progress=progress, **checked)
        seconds[name] = time.perf_counter() - started
    whole = {**ranker.facts, **facts, "asked_cut": cut, "seconds": seconds}
    return Recommender(models.get("rating"), models["choice"], replace(ranker, facts=whole))


def refuse_cut(cut: str) -> None:
    """Raise SettingsError for a cut where one model is trained."""
    if cut != CUT:
        raise SettingsError(
            f"one model has no ranker, so the cut {cut!r} has no use",
            where="cut",
            remedy="Name no model and no settings of it, or leave out the cut",
        )


def check_cut(ratings: Ratings, cut: str) -> None:
    """Raise SettingsError for a cut that the table does not support."""
    if cut not in CUTS_BY:
        raise SettingsError(f"there is no cut {cut!r}", where="cut", remedy=f"Choose one of: {', '.join(CUTS_BY)}")
    if cut == "latest" and ratings.timestamps is None:
        raise SettingsError("the table has no times", where="cut", remedy='Use cut="random", or name a time column')


@dataclass(frozen=True)
class ChoiceKind:
    """The choice model for a table, and the reason."""

    name: str
    reason: str


def choice_kind(ratings: Ratings) -> ChoiceKind:
    """ease where the smaller side has few rows, else the first of sparse_ease, ease and elsa that fits the memory.

    The time of ease grows with the cube of the smaller side. The memory of sparse_ease grows with the pairs of items
    that one user chose, that of ease with all pairs of items, and that of elsa with the items.
    """
    users, items, free = ratings.n_users, ratings.n_items, available_memory()
    need = {
        "sparse_ease": sparse_ease.bytes_needed(ratings.by_user().counts, items),
        "ease": min(ease.bytes_needed(users, items).values()),
    }
    small, passed = min(users, items) <= EXACT, ""
    for name in sorted(need, reverse=not small):
        size = f"{name} takes up to {need[name] / 1e9:,.2f} GB for {users:,} users and {items:,} items"
        if free is None or need[name] <= ease.MARGIN * free:
            why = f"the smaller side has {'at most' if small else 'more than'} {EXACT:,} rows"
            return ChoiceKind(name, f"{passed or why + '; '}{size}, which fits the free memory")
        passed += f"{size}, and {free / 1e9:,.2f} GB are free; "
    return ChoiceKind("elsa", f"{passed}the memory of elsa grows with the number of items only")


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
    warm: bool = False,
) -> Recommender:
    """Train every part of an earlier recommender again, with its settings, and fit its ranker on the new rows.

    The cut of the ranker is the one asked for before. settings: values that replace those of the same name, in each
    part with such a setting. warm: whether a recommender of one part starts from its earlier rows, if its model is one
    of WARM; the others train anew. Raises SettingsError for a name that no part has, and for a part trained elsewhere.
    """
    both = {"rating": earlier.rating_model, "choice": earlier.choice_model}
    parts = {name: part for name, part in both.items() if part is not None}
    known = {part.kind: registry.model_spec(part.kind).settings_class().names() for part in parts.values()}
    for part in parts.values():
        engine = part.facts.get("engine")
        if engine is not None and part.settings.keys() - known[part.kind]:
            raise SettingsError(
                f"the {part.kind} model was trained on {engine}, with other settings",
                remedy="Train a new recommender, here or there",
            )
    for name in settings or {}:
        if not any(name in names for names in known.values()):
            every = sorted(set().union(*known.values()))
            raise SettingsError(f"there is no setting {name!r}", remedy=f"There are: {', '.join(every)}")
    plans = {}
    for name, part in parts.items():
        own = {setting: value for setting, value in (settings or {}).items() if setting in known[part.kind]}
        plans[name] = PartSettings(part.kind, {**part.settings, **own})
    shown, ranker = progress or Silent(), earlier.ranker
    if ranker is None or "choice" not in plans:
        start = {name: parts[name] if warm and plan.kind in WARM else None for name, plan in plans.items()}
        models = {name: plan.train(ratings, seed, progress=shown, resume=start[name]) for name, plan in plans.items()}
        return Recommender(models.get("rating"), models.get("choice"), ranker)
    facts = {name: ranker.facts[name] for name in ("choice_model",) if name in ranker.facts}
    cut = ranker.facts.get("asked_cut", CUT)
    return fit_parts(ratings, plans, seed=seed, progress=shown, cut=cut, facts=facts)


def _earlier(resume: Recommender, name: str) -> TrainedModel:
    """The part to continue: the one of that kind, else the only one, which training then checks."""
    if not isinstance(resume, Recommender):
        raise SettingsError(f"{type(resume).__name__} cannot be continued", where="resume", remedy="Give a Recommender")
    parts = [part for part in (resume.rating_model, resume.choice_model) if part is not None]
    return next((part for part in parts if part.kind == name), parts[0])
