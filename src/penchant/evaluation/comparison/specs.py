"""What a comparison trains: a registered model with settings, an external model, a baseline, or a trained model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from penchant.data.splitting import Split
from penchant.evaluation.scoring.baselines import BASELINE, naive_baselines
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, RecommenderScorer
from penchant.evaluation.scoring.external_models import CatalogueInfo, ExternalModel, ExternalScorer
from penchant.evaluation.scoring.part_orders import PARTS, PartOrder, has_two_parts
from penchant.foundations.errors import CallerError
from penchant.recommending.options import By
from penchant.recommending.recommender import Recommender
from penchant.recommending.train_parts import train
from penchant.training.registry import model_spec


class ComparisonSpec(Protocol):
    """One model of a comparison before training."""

    @property
    def label(self) -> str:
        """The model's name in tables."""

    @property
    def seeded(self) -> bool:
        """Whether another training seed can change the metrics."""

    def identity(self) -> Mapping[str, Any] | None:
        """All that the metrics depend on besides split and seed, as JSON values; None if the metrics cannot be kept."""

    def scorer(self, split: Split, seed: int) -> EvaluationScorer:
        """Train on the training rows of the split."""


@dataclass(frozen=True)
class TrainingSpec:
    """A registered model and its settings."""

    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    @property
    def label(self) -> str:
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return self.name or (f"{self.model}({settings})" if settings else self.model)

    @property
    def seeded(self) -> bool:
        return self.model != BASELINE

    def identity(self) -> Mapping[str, Any]:
        return {
            "model": self.model,
            "settings": model_spec(self.model).settings_class().from_json(self.settings).to_json(),
        }

    def scorer(self, split: Split, seed: int) -> EvaluationScorer:
        trained = train(split.train, self.model, seed=seed, settings=self.settings)
        return RecommenderScorer(trained, split, self.label)


@dataclass(frozen=True)
class ExternalSpec:
    """A model of another library."""

    model: ExternalModel
    seeded = True

    @property
    def label(self) -> str:
        return self.model.label

    def identity(self) -> Mapping[str, Any]:
        return {"external": dict(self.model.identity())}

    def scorer(self, split: Split, seed: int) -> EvaluationScorer:
        self.model.fit(split.train, CatalogueInfo.of(split), seed=seed)
        return ExternalScorer(self.model, split)


@dataclass(frozen=True)
class BaselineSpec:
    """A baseline without a seed."""

    label: str
    build: Callable[[Split], EvaluationScorer]
    seeded = False

    def identity(self) -> Mapping[str, Any]:
        return {"baseline": self.label}

    def scorer(self, split: Split, seed: int) -> EvaluationScorer:
        return self.build(split)


@dataclass(frozen=True)
class TrainedSpec:
    """A trained model. Its metrics are not kept, since its training rows are not known.

    by: the part that orders its lists; None for its own order.
    """

    model: Recommender
    by: By | None = None
    seeded = False

    @property
    def label(self) -> str:
        label = RecommenderScorer.label_of(self.model)
        return label if self.by is None else f"{label}, by {self.by}"

    def identity(self) -> None:
        return None

    def scorer(self, split: Split, seed: int) -> EvaluationScorer:
        scorer = RecommenderScorer(self.model, split)
        return scorer if self.by is None else PartOrder(scorer, self.by)


def comparison_specs(models: Sequence[Any], split: Split) -> list[ComparisonSpec]:
    """Specs of the models a caller gives, and of the split's baselines that are not among them.

    models: names ("als"), names with settings (("als", {"factors": 8}) or {"model": "als", "factors": 8, "label":
    "small"}), Models, ExternalModels and ComparisonSpecs. Raises CallerError for anything else, for a wrong name or
    setting, and for two models with the same label. A Recommender with two parts is also compared by each part.
    """
    if isinstance(models, str | Mapping) or not isinstance(models, Iterable):
        raise CallerError(f"{models!r} is not a list of models", where="models", remedy='Write ["als", "bayes"]')
    found = [spec for one in models for spec in _specs(one)]
    given = {spec.label for spec in found}
    usual: list[ComparisonSpec] = [TrainingSpec(BASELINE)] if split.train.kind == "ratings" else []
    usual += [BaselineSpec(label, build) for label, build in naive_baselines(split).items()]
    found += [one for one in usual if one.label not in given]
    labels = [spec.label for spec in found]
    repeated = {label for label in labels if labels.count(label) > 1}
    if repeated:
        raise CallerError(f"two models have the label {repeated.pop()!r}", remedy="Give each model its own label")
    return found


def _specs(one: Any) -> list[ComparisonSpec]:
    if isinstance(one, Recommender) and has_two_parts(one):
        return [TrainedSpec(one), *(TrainedSpec(one, by) for by in PARTS)]
    return [_spec(one)]


def _spec(one: Any) -> ComparisonSpec:
    match one:
        case str():
            return _checked(TrainingSpec(one))
        case (str(name), Mapping() as settings):
            return _checked(TrainingSpec(name, dict(settings)))
        case Mapping():
            settings = dict(one)
            return _checked(TrainingSpec(settings.pop("model", ""), name=settings.pop("label", ""), settings=settings))
        case Recommender():
            return TrainedSpec(one)
        case _ if hasattr(one, "fit"):
            return ExternalSpec(one)
        case _ if hasattr(one, "scorer"):
            spec: ComparisonSpec = one
            return spec
    raise CallerError(
        f"{one!r} cannot be compared",
        remedy='Give a name ("als"), a name with settings, a Recommender or an ExternalModel',
    )


def _checked(spec: TrainingSpec) -> TrainingSpec:
    """The spec. A wrong name or setting is refused before the first model is trained."""
    spec.identity()
    return spec
