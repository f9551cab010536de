"""Findings from a table of metrics, in sentences: models whose lists are worse than popularity, unreliable metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from penchant.data.scale import look_like_counts
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluated_rows import evaluated_rows, relevance_threshold
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.list_metrics import ranked_users
from penchant.evaluation.scoring.metric_names import metric_name
from penchant.metrics.intervals import Interval, UserSums, paired_difference
from penchant.recommending.recommender import Recommender

POPULAR = "popular"
"""The label of the most popular items of all time; those of the last days begin with it too."""

BY_RATING = ", by rating"
"""The end of the label of lists in the order of the rating part."""

_FEW_USERS = 50
"""List metrics of fewer users are called uncertain."""


def list_findings(
    metrics: Mapping[str, Mapping[str, UserSums]], models: Sequence[str], settings: EvaluationSettings
) -> list[str]:
    """A sentence for each model whose lists have a lower NDCG than those of popularity, with what to do.

    metrics: by label, of the models and of the baselines. models: the labels to judge.
    """
    name = f"ndcg@{settings.at[0]}"
    popular = {label: sums[name] for label, sums in metrics.items() if is_popularity(label) and name in sums}
    if not popular:
        return []
    best = max(popular, key=lambda label: popular[label].value)
    return [
        _worse(label, metrics, best, name, settings)
        for label in models
        if name in metrics[label] and metrics[label][name].value < popular[best].value
    ]


def popularity_sentence(
    metrics: Mapping[str, Mapping[str, Interval]], models: Sequence[str], settings: Mapping[str, Any]
) -> str:
    """One sentence on the lists of the best of the models beside those of popularity; empty without list metrics.

    metrics: by label, of the models and of the baselines. settings: EvaluationSettings as JSON values.
    """
    name = f"ndcg@{settings['at'][0]}"
    value = {label: found[name].value for label, found in metrics.items() if name in found}
    ours = [label for label in models if label in value and not is_popularity(label)]
    popular = [label for label in value if is_popularity(label)]
    if not ours or not popular:
        return ""
    best, most = max(ours, key=value.__getitem__), max(popular, key=value.__getitem__)
    how = "better than" if value[best] > value[most] else "worse than" if value[best] < value[most] else "as good as"
    title = metric_name(name).title
    return f"The lists of {best} are {how} those of {most}: {title} {value[best]:.3f} against {value[most]:.3f}."


def is_popularity(label: str) -> bool:
    """Whether the model with this label orders items by popularity alone."""
    return label == POPULAR or label.startswith(f"{POPULAR},")


def _worse(
    label: str, metrics: Mapping[str, Mapping[str, UserSums]], popular: str, name: str, settings: EvaluationSettings
) -> str:
    own, reached, rng = metrics[label][name], metrics[popular][name], np.random.default_rng(settings.seed)
    gap = paired_difference(own, reached, rng=rng, replicates=settings.replicates, level=settings.level)
    window = popular.removeprefix(POPULAR).removeprefix(",").strip()
    what = f"the popularity of the last {window}" if window else "plain popularity"
    certain = "excludes zero" if gap.high < 0 or gap.low > 0 else "includes zero"
    return (
        f"The lists of {label} are worse than {what}: {metric_name(name).title} {own.value:.3f} against "
        f"{reached.value:.3f}. The {settings.level:.0%} interval of the difference, {gap.low:+.3f} to {gap.high:+.3f}, "
        f"{certain}. {_remedy(label, metrics, window)}"
    )


def _remedy(label: str, metrics: Mapping[str, Mapping[str, UserSums]], window: str) -> str:
    if label.endswith(BY_RATING):
        return "Expected ratings alone make poor lists: ask for the combined order."
    if window:
        days = window.removesuffix("days").strip()
        return f"Choices follow time here: train the default of pt.train on timestamps, or use popular(window={days})."
    if f"{label}{BY_RATING}" in metrics:  # a recommender with two parts, so it has a choice model already
        return "Its choice model does not fit: compare others, such as ease and implicit_als, or list popular items."
    if "rmse" in metrics[label]:
        return "For lists, train a choice model such as ease, or the default of pt.train."
    return "Its settings or the number of interactions do not fit: compare other choice models, or list popular items."


def ranker_findings(model: Recommender, split: Split) -> list[str]:
    """Whether the ranker was fitted for another question than that of the split."""
    facts = {} if model.ranker is None else model.ranker.facts
    if facts.get("in_time") and split.cut is None:
        return [
            "The order of lists was fitted for what users choose next, but this split hides rows of all times. Split "
            'by time, or train with cut="random".'
        ]
    if facts.get("asked_cut") == "random" and split.cut is not None:
        return [
            "The order of lists was fitted on random rows, but this split asks what users choose next. Train with "
            'cut="auto".'
        ]
    return []


def population_findings(split: Split, settings: EvaluationSettings) -> list[str]:
    """Why list metrics are absent or uncertain, and what equal ratings or counts mean for all metrics."""
    found, train = [], split.train
    if train.kind == "ratings" and len(train) and train.values.min() == train.values.max():
        found.append(
            "All training ratings are equal: every test item counts as liked, and predicted ratings say nothing. "
            "Train a choice model and read the list metrics."
        )
    if train.kind == "ratings" and len(train) and look_like_counts(train.values):
        found.append(
            "The ratings look like counts. Errors of predicted counts say little about taste: read them as weights of "
            "choices (weight=) and look at the list metrics."
        )
    if settings.ranking:
        users, threshold = list_users(split, settings), relevance_threshold(split, settings)
        if not users:
            found.append(
                f"There are no list metrics: no test item is rated {threshold:g} or more. Set relevant_from lower."
            )
        elif users < _FEW_USERS:
            found.append(f"The list metrics rest on {users} users only: read their intervals.")
    return found


def list_users(split: Split, settings: EvaluationSettings) -> int:
    """How many users have a liked test item: list metrics are means over them."""
    return len(ranked_users(evaluated_rows(split, settings), relevance_threshold(split, settings)))


def list_population_line(facts: Mapping[str, Any]) -> str:
    """How many users list metrics rest on, from the protocol."""
    users = facts["test_users"]
    return (
        f"List metrics rest on {facts['list_users']:,} of the {users['known'] + users['unknown']:,} test users: those "
        "with a relevant test item."
    )
