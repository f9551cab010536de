"""A model on a split, beside baselines."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from penchant.data.splitting import Split
from penchant.evaluation.report.overfitting import verdict
from penchant.evaluation.report.plot_data import draw
from penchant.evaluation.report.protocol import protocol
from penchant.evaluation.report.report import SHARES, Line, Report
from penchant.evaluation.report.slices import slices
from penchant.evaluation.scoring.baselines import baselines
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, RecommenderScorer, check_split, labels_of
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, Outcome, measure, measured_rows
from penchant.foundations.errors import CallerError
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.rating_error import rmse
from penchant.recommending.recommender import Recommender, main_model

_GAP_ROWS = 20_000
"""Training rows, evenly spread, that the training error is measured on."""


def evaluate(
    model: Recommender,
    split: Split,
    *,
    beside: Mapping[str, Recommender] | None = None,
    pictures: bool = True,
    progress: Progress | None = None,
    **measuring: Any,
) -> Report:
    """Measure a model on the test rows of a split, with baselines that learn from the same training rows.

    beside: more models to show, by name. pictures: gather what the page samples. measuring: settings of EvaluationSettings.
    Raises CallerError for a model that has learnt from test rows.
    """
    if not isinstance(model, Recommender):
        raise CallerError(f"what is evaluated is a Recommender, not a {type(model).__name__}", where="model")
    check_split(split, "measured")
    how = EvaluationSettings.from_json(measuring)
    told = progress or Silent()
    contestant = RecommenderScorer(model, split)
    field = _field(contestant, split, beside or {})
    told.start("measure", len(field))
    outcomes, lines = [], []
    for one in field:
        outcomes.append(measure(one, split, how))
        lines.append(_line(outcomes[-1], how))
        told.step(_headline(lines[-1]))
    facts = protocol(split, how)
    if not contestant.predicts_ratings:
        return Report(lines, facts, _description(model))
    test = measured_rows(split, how)
    parts = slices(split, test, outcomes[0].answers, how)
    drawn = draw(model, test, outcomes[0].answers) if pictures else None
    words = _verdict(contestant, split, outcomes[0])
    return Report(lines, facts, _description(model), parts, words, drawn)


def _field(contestant: RecommenderScorer, split: Split, beside: Mapping[str, Recommender]) -> list[EvaluationScorer]:
    """The model, the others that are not the model itself, the baselines."""
    model = contestant.model
    others = [RecommenderScorer(one, split, label) for label, one in beside.items() if one is not model]
    taken = {contestant.label, *(other.label for other in others)}
    field = [contestant, *others, *(one for one in baselines(split, besides=taken))]
    labels_of(field)
    return field


def _line(outcome: Outcome, how: EvaluationSettings) -> Line:
    by_user = {name: sums.quantiles(SHARES).tolist() for name, sums in outcome.metrics.items()}
    return Line(outcome.label, outcome.intervals(how), by_user)


def _headline(line: Line) -> dict[str, float]:
    return {name: line.metrics[name].value for name in itertools.islice(line.metrics, 1)}


def _description(model: Recommender) -> dict[str, Any]:
    trained = main_model(model)
    return {
        "kind": trained.kind,
        "settings": dict(trained.settings),
        "users": len(trained.users),
        "items": len(trained.items),
        "factors": trained.users.factors,
        "samples": trained.samples,
        "facts": dict(trained.facts),
    }


def _verdict(contestant: RecommenderScorer, split: Split, outcome: Outcome) -> str:
    train = split.train.take(np.linspace(0, len(split.train) - 1, min(_GAP_ROWS, len(split.train))).astype(np.int64))
    own = rmse(train.values, contestant.predict(train.user_numbers, train.item_numbers).mean)
    return verdict(own, outcome.metrics["rmse"].value, main_model(contestant.model).history)
