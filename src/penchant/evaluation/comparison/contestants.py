"""What enters a comparison: a way to train with its settings, another library, a baseline, or a model at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from penchant.data.splitting import Split
from penchant.evaluation.scoring.baselines import BASELINE, GlobalMean, MostPopular
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, RecommenderScorer
from penchant.evaluation.scoring.external_models import Catalogue, ExternalScorer, Peer
from penchant.foundations.errors import CallerError
from penchant.recommending.recommender import Model, train
from penchant.training.registry import model_spec


class Entry(Protocol):
    """One row of a comparison before it is trained."""

    @property
    def label(self) -> str: ...

    def identity(self) -> Mapping[str, Any] | None:
        """What its metrics follow from, besides split and seed, as JSON; None where they cannot be kept."""

    def trained(self, split: Split, seed: int) -> EvaluationScorer:
        """Learn from the training rows of the split."""


@dataclass(frozen=True)
class Recipe:
    """A way to train and its settings."""

    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    @property
    def label(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return self.name or (f"{self.model}({told})" if told else self.model)

    def identity(self) -> Mapping[str, Any]:
        return {
            "model": self.model,
            "settings": model_spec(self.model).settings_class().from_json(self.settings).to_json(),
        }

    def trained(self, split: Split, seed: int) -> EvaluationScorer:
        return RecommenderScorer(train(split.train, self.model, seed=seed, **self.settings), split, self.label)


@dataclass(frozen=True)
class Other:
    """Another library's model."""

    peer: Peer

    @property
    def label(self) -> str:
        return self.peer.label

    def identity(self) -> Mapping[str, Any]:
        return {"peer": dict(self.peer.identity())}

    def trained(self, split: Split, seed: int) -> EvaluationScorer:
        self.peer.fit(split.train, Catalogue.of(split), seed=seed)
        return ExternalScorer(self.peer, split)


@dataclass(frozen=True)
class Naive:
    """A baseline that learns next to nothing."""

    label: str
    build: Callable[[Split], EvaluationScorer]

    def identity(self) -> Mapping[str, Any]:
        return {"naive": self.label}

    def trained(self, split: Split, seed: int) -> EvaluationScorer:
        return self.build(split)


@dataclass(frozen=True)
class Ready:
    """A model at hand; its metrics are not kept, since what it was learnt from is not known."""

    model: Model

    @property
    def label(self) -> str:
        return self.model.trained.kind

    def identity(self) -> None:
        return None

    def trained(self, split: Split, seed: int) -> EvaluationScorer:
        return RecommenderScorer(self.model, split)


def entries_of(models: Sequence[Any]) -> list[Entry]:
    """Entries from what a caller writes, with the baselines added where they are missing.

    A name ("als"), a name with settings (("als", {"factors": 8}) or {"model": "als", "factors": 8, "label": "small"}),
    a Model, a Peer, or an Entry.
    """
    found = [_entry(one) for one in models]
    found += [one for one in _BASELINES if one.label not in {entry.label for entry in found}]
    labels = [entry.label for entry in found]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise CallerError(f"two entries are called {twice.pop()!r}", remedy="Give each a label of its own")
    return found


_BASELINES: tuple[Entry, ...] = (Recipe(BASELINE), Naive("popular", MostPopular), Naive("mean", GlobalMean))


def _entry(one: Any) -> Entry:
    match one:
        case str():
            return _checked(Recipe(one))
        case (str(name), Mapping() as settings):
            return _checked(Recipe(name, dict(settings)))
        case Mapping():
            settings = dict(one)
            return _checked(Recipe(settings.pop("model", ""), name=settings.pop("label", ""), settings=settings))
        case Model():
            return Ready(one)
        case _ if hasattr(one, "fit"):
            return Other(one)
        case _ if hasattr(one, "trained"):
            entry: Entry = one
            return entry
    raise CallerError(f"{one!r} cannot be compared", remedy="Name a model, give it settings, or hand over a Model")


def _checked(recipe: Recipe) -> Recipe:
    """The recipe, refused now rather than after an hour where a name or a setting is wrong."""
    recipe.identity()
    return recipe
