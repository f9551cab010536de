"""A model on a split, beside baselines."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from penchant.data.splitting import Split
from penchant.evaluation.contestants import Contestant, ModelContestant, labels_of
from penchant.evaluation.measuring import Measuring, Outcome, measure, measured_rows
from penchant.evaluation.naive import baselines
from penchant.evaluation.pictures import draw
from penchant.evaluation.protocol import protocol
from penchant.evaluation.report import SHARES, Line, Report
from penchant.evaluation.slices import slices
from penchant.evaluation.verdict import verdict
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.rating_error import rmse
from penchant.recommending.model import Model

_GAP_ROWS = 20_000
"""Training rows, evenly spread, that the training error is measured on."""


def evaluate(
    model: Model,
    split: Split,
    *,
    beside: Mapping[str, Model] | None = None,
    pictures: bool = True,
    progress: Progress | None = None,
    **measuring: Any,
) -> Report:
    """Measure a model on the test rows of a split, with baselines that learn from the same training rows.

    beside: more models to show, by name. pictures: gather what the page draws. measuring: settings of Measuring.
    Raises CallerError for a model that has learnt from test rows.
    """
    how = Measuring.from_json(measuring)
    told = progress or Silent()
    contestant = ModelContestant(model, split)
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


def _field(contestant: ModelContestant, split: Split, beside: Mapping[str, Model]) -> list[Contestant]:
    """The model, the others that are not the model itself, the baselines."""
    model = contestant.model
    others = [ModelContestant(one, split, label) for label, one in beside.items() if one is not model]
    taken = {contestant.label, *(other.label for other in others)}
    field = [contestant, *others, *(one for one in baselines(split, besides=taken))]
    labels_of(field)
    return field


def _line(outcome: Outcome, how: Measuring) -> Line:
    by_user = {name: sums.quantiles(SHARES).tolist() for name, sums in outcome.figures.items()}
    return Line(outcome.label, outcome.intervals(how), by_user)


def _headline(line: Line) -> dict[str, float]:
    return {name: line.figures[name].value for name in itertools.islice(line.figures, 1)}


def _description(model: Model) -> dict[str, Any]:
    trained = model.trained
    return {
        "kind": trained.kind,
        "settings": dict(trained.settings),
        "users": len(trained.users),
        "items": len(trained.items),
        "factors": trained.users.factors,
        "draws": trained.draws,
        "facts": dict(trained.facts),
    }


def _verdict(contestant: ModelContestant, split: Split, outcome: Outcome) -> str:
    train = split.train.take(np.linspace(0, len(split.train) - 1, min(_GAP_ROWS, len(split.train))).astype(np.int64))
    own = rmse(train.values, contestant.predict(train.user_numbers, train.item_numbers).mean)
    return verdict(own, outcome.figures["rmse"].value, contestant.model.history)
