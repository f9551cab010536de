"""Settings chosen on a validation part of the training rows. Only Ratings are accepted, so no test row is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penchant.data import splitting
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.comparison.records import split_fingerprint
from penchant.evaluation.comparison.search_space import SearchRange, Space, space_for
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.metric_names import metric_name
from penchant.evaluation.scoring.user_metrics import measure
from penchant.foundations.arguments import type_of
from penchant.foundations.errors import CallerError
from penchant.foundations.optional import require
from penchant.foundations.plain_table import plain_table
from penchant.foundations.progress import Progress, Silent
from penchant.recommending.train_parts import train


@dataclass(frozen=True)
class Trial:
    """One combination of settings and its metric on the validation part."""

    settings: Mapping[str, Any]
    value: float


@dataclass(frozen=True)
class TuningResult:
    """The result of tuning. trials: best first. metric: the one they are ordered by. protocol: rows and seed."""

    model: str
    metric: str
    trials: list[Trial]
    protocol: str

    @property
    def settings(self) -> dict[str, Any]:
        """The best settings found, to train with on all training rows."""
        return dict(self.trials[0].settings)

    def __str__(self) -> str:
        names = list(self.trials[0].settings)
        rows = [
            [f"{n}", f"{t.value:.4f}", *(_short(t.settings[name]) for name in names)]
            for n, t in enumerate(self.trials[:10], 1)
        ]
        return f"{self.protocol}\n\n{plain_table(['', metric_name(self.metric).title, *names], rows)}"

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "model": self.model,
            "metric": self.metric,
            "settings": self.settings,
            "protocol": self.protocol,
            "trials": [vars(trial) for trial in self.trials],
        }


def tune(
    ratings: Ratings,
    model: str,
    *,
    space: Mapping[str, Any] | None = None,
    trials: int = 30,
    metric: str = "rmse",
    validation: float = 0.1,
    seed: int = 0,
    fixed: Mapping[str, Any] | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> TuningResult:
    """Search for the settings with the best metric on a random part of the training ratings.

    ratings: training rows, such as split.train; a Split is refused. space: what to search, see `space_for`. metric: a
    name such as "rmse" or "ndcg@10". validation: the share of the ratings held out for validation. fixed: settings of
    every trial. folder: where trials are kept; an interrupted search continues from there.
    """
    if not isinstance(ratings, Ratings):
        raise CallerError(f"tuning takes training ratings, not {type_of(ratings)}", remedy="Give split.train")
    searched, bar = space_for(model, space, fixed), progress or Silent()
    metric_name(metric)
    if not searched:
        raise CallerError(f"there is nothing to search in {model}", remedy="Give a `space`")
    inner = splitting.random(ratings, test=validation, seed=seed)
    objective = _Objective(inner, model, metric, seed, dict(fixed or {}), searched)
    study = _study(inner, model, metric, searched, seed, folder)
    bar.start(f"tune {model}", trials)
    bar.step(advance=min(trials, len(study.trials)))
    study.optimize(objective, n_trials=max(0, trials - len(study.trials)), callbacks=[_progress_callback(bar, metric)])
    found = [Trial({**objective.fixed, **t.params}, t.value) for t in study.trials if t.value is not None]
    sign = -1 if metric_name(metric).better == "higher" else 1
    rows = f"{len(inner.train):,} training and {len(inner.test):,} validation rows"
    protocol = f"{len(found)} trials of {model}, {rows}, seed {seed}"
    return TuningResult(model, metric, sorted(found, key=lambda t: sign * t.value), protocol)


class _Objective:
    """Trains with the settings that optuna suggests and evaluates on the validation part."""

    def __init__(self, inner: Split, model: str, metric: str, seed: int, fixed: dict[str, Any], space: Space) -> None:
        self.fixed, self._space = fixed, space
        self._inner, self._model, self._metric, self._seed = inner, model, metric, seed
        stem, _, k = metric.partition("@")
        self._evaluation = EvaluationSettings(at=(int(k or 10),), ranking=stem not in ("rmse", "mae", "log_likelihood"))

    def __call__(self, trial: Any) -> float:
        settings = {**self.fixed, **{name: _suggested(trial, name, part) for name, part in self._space.items()}}
        model = train(self._inner.train, self._model, seed=self._seed, settings=settings)
        result = measure(RecommenderScorer(model, self._inner), self._inner, self._evaluation)
        if self._metric not in result.metrics:
            others = ", ".join(result.metrics)  # none where a model of choices is asked for an error of ratings
            remedy = f"Choose one of: {others}" if others else "Choose a metric of lists, such as ndcg@10"
            raise CallerError(f"{self._model} has no metric {self._metric!r}", remedy=remedy)
        return result.metrics[self._metric].value


def _suggested(trial: Any, name: str, part: Any) -> Any:
    if not isinstance(part, SearchRange):
        return trial.suggest_categorical(name, list(part))
    if part.whole:
        return trial.suggest_int(name, int(part.low), int(part.high), log=part.log)
    return trial.suggest_float(name, part.low, part.high, log=part.log)


def _study(inner: Split, model: str, metric: str, space: Space, seed: int, folder: str | Path | None) -> Any:
    """An optuna study. In a folder, its name holds all that its trials depend on."""
    optuna = require("optuna", extra="tune")
    optuna.logging.set_verbosity(optuna.logging.ERROR)  # it would log each error that is raised here, with its trace
    storage = None
    if folder is not None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        storage = f"sqlite:///{Path(folder).resolve() / 'tuning.sqlite'}"
    return optuna.create_study(
        study_name=json.dumps([model, metric, repr(space), seed, split_fingerprint(inner)]),
        storage=storage,
        load_if_exists=True,
        direction="maximize" if metric_name(metric).better == "higher" else "minimize",
        sampler=optuna.samplers.TPESampler(seed=seed),
    )


def _progress_callback(bar: Progress, metric: str) -> Any:
    def step(study: Any, trial: Any) -> None:
        bar.step({f"best {metric}": study.best_value})

    return step


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
