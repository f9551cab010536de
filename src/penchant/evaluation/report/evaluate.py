"""Evaluates a model on a split, with baselines for comparison."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from penchant.data.splitting import Split
from penchant.evaluation.report.plot_data import plot_data
from penchant.evaluation.report.report import Report
from penchant.evaluation.report.report_contents import QUANTILES, ReportRow
from penchant.evaluation.report.slices import slices
from penchant.evaluation.scoring.baselines import baselines
from penchant.evaluation.scoring.evaluated_rows import evaluated_rows
from penchant.evaluation.scoring.evaluation_scorers import (
    EvaluationScorer,
    RecommenderScorer,
    ScorerOutput,
    check_split,
    labels_of,
)
from penchant.evaluation.scoring.evaluation_settings import EvaluationOptions, EvaluationSettings
from penchant.evaluation.scoring.findings import list_findings, population_findings, ranker_findings
from penchant.evaluation.scoring.part_orders import part_orders
from penchant.evaluation.scoring.protocol import protocol
from penchant.evaluation.scoring.user_metrics import EvaluationResult, like_reliability, measure
from penchant.foundations.arguments import type_of
from penchant.foundations.errors import CallerError
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.learning_curves import LearningCurves
from penchant.metrics.rating_error import rmse
from penchant.recommending.recommender import Recommender, main_model

_TRAINING_ROWS = 20_000
"""Training rows, evenly spaced, on which the training error is computed."""


def evaluate(
    model: Recommender,
    split: Split,
    *,
    others: Mapping[str, Recommender] | None = None,
    plots: bool = True,
    progress: Progress | None = None,
    **options: Unpack[EvaluationOptions],
) -> Report:
    """Evaluate a model on the test rows of a split, with baselines trained on the same training rows.

    others: further models to show, by label. plots: whether to compute the data of the plots. options: the fields of
    EvaluationSettings. Raises CallerError for a model that was trained on test rows.
    """
    if not isinstance(model, Recommender):
        raise CallerError(f"what is evaluated is a Recommender, not {type_of(model)}", where="model")
    check_split(split, "evaluated")
    settings, bar = EvaluationSettings.from_json(options), progress or Silent()
    scorer = RecommenderScorer(model, split)
    scorers = _scorers(scorer, split, others or {})
    bar.start("evaluate", len(scorers))
    results, rows = [], []
    for one in scorers:
        results.append(measure(one, split, settings))
        rows.append(_row(results[-1], settings))
        bar.step(_headline(rows[-1]))
    sums = {one.label: one.metrics for one in results}
    judged = [scorer.label, *(label for label in others or {} if label in sums)]
    report = Report(
        rows,
        protocol(split, settings),
        _description(model),
        parts={label: _parts(one) for label, one in {scorer.label: model, **(others or {})}.items()},
        findings=[
            *population_findings(split, settings),
            *ranker_findings(model, split),
            *list_findings(sums, judged, settings),
        ],
    )
    output = results[0].output
    return report if output is None else _with_ratings(report, scorer, split, results[0], output, settings, plots)


def _with_ratings(
    report: Report,
    scorer: RecommenderScorer,
    split: Split,
    result: EvaluationResult,
    output: ScorerOutput,
    settings: EvaluationSettings,
    plots: bool,
) -> Report:
    """The report with what it says of predicted ratings."""
    test = evaluated_rows(split, settings)
    return replace(
        report,
        slices=slices(split, test, output, settings),
        overfitting=_overfitting(scorer, split, result),
        like_curve=like_reliability(test, output),
        plots=plot_data(scorer.model, test, output) if plots else None,
    )


def _scorers(scorer: RecommenderScorer, split: Split, others: Mapping[str, Recommender]) -> list[EvaluationScorer]:
    """The model, its lists by each part, the other models, the baselines; each model once."""
    further = [RecommenderScorer(one, split, label) for label, one in others.items() if one is not scorer.model]
    taken = {scorer.label, *(one.label for one in further)}
    found: list[EvaluationScorer] = [scorer, *part_orders(scorer), *further, *baselines(split, besides=taken)]
    labels_of(found)
    return found


def _row(result: EvaluationResult, settings: EvaluationSettings) -> ReportRow:
    by_user = {name: sums.quantiles(QUANTILES).tolist() for name, sums in result.metrics.items()}
    return ReportRow(result.label, result.intervals(settings), by_user)


def _headline(row: ReportRow) -> dict[str, float]:
    return {name: row.metrics[name].value for name in itertools.islice(row.metrics, 1)}


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


def _parts(model: Recommender) -> dict[str, Any]:
    """Kind and settings of each part."""
    parts = {"rating": model.rating_model, "choice": model.choice_model}
    return {
        name: {"kind": part.kind, "settings": dict(part.settings)} for name, part in parts.items() if part is not None
    }


def _overfitting(scorer: RecommenderScorer, split: Split, result: EvaluationResult) -> str:
    at = np.linspace(0, len(split.train) - 1, min(_TRAINING_ROWS, len(split.train))).astype(np.int64)
    train = split.train.take(at)
    train_rmse = rmse(train.values, scorer.predict(train.user_numbers, train.item_numbers).mean)
    curves = LearningCurves.of(main_model(scorer.model).history)
    return curves.overfitting_summary(train_rmse=train_rmse, test_rmse=result.metrics["rmse"].value)
