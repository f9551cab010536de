"""The parts of a recommender as Spark trains them: models of MLlib, and EASE from a Gramian that Spark sums."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from pyspark.sql import SparkSession

from penchant.data.ratings import Ratings
from penchant.engines.spark.encoded_tables import EncodedTable, from_memory
from penchant.engines.spark.factorization import factorize_table
from penchant.engines.spark.job_progress import watched
from penchant.engines.spark.pair_counts import gramian_of
from penchant.engines.spark.settings import MODELS, RATING_MODEL, SparkAls, SparkImplicitAls
from penchant.engines.spark.to_trained_model import to_trained_model
from penchant.foundations.memory import available_memory
from penchant.foundations.progress import Progress, Silent
from penchant.foundations.rng import Seed, generator, spawn_seeds
from penchant.metrics.rating_error import rmse
from penchant.models.trained import TrainedModel
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.recommender import Recommender
from penchant.recommending.train_parts import ChoiceKind, PartPlan, fit_parts, has_ratings
from penchant.training.linear import ease

FALLBACK = "implicit_als"
"""The choice model if the weights of EASE do not fit the driver's memory."""


@dataclass(frozen=True)
class SparkRows:
    """The table to train on. checkpointing: whether the session has a folder for checkpoints."""

    session: SparkSession
    whole: EncodedTable
    checkpointing: bool

    @contextmanager
    def table_of(self, ratings: Ratings) -> Iterator[EncodedTable]:
        """The table itself if these are its ratings; others are sent to Spark, and removed at the end."""
        if ratings is self.whole.ratings:
            yield self.whole
            return
        sent = from_memory(self.session, ratings)
        try:
            yield sent
        finally:
            sent.frame.unpersist()

    def facts(self, started: float, table: EncodedTable) -> dict[str, Any]:
        """Where a model was trained, on how many ratings, and in which time. started: of the performance counter."""
        return {
            "engine": f"spark {self.session.version}",
            "master": self.session.sparkContext.master,
            "ratings": table.count,
            "seconds": round(time.perf_counter() - started, 2),
        }


class FixedTime:
    """A plan that takes the time that it needs, also for the ranker."""

    def shorter(self) -> Self:
        return self

    def within(self, seconds: float | None) -> Self:
        return self


@dataclass(frozen=True)
class MLlibPart(FixedTime):
    """Alternating least squares of MLlib."""

    kind: str
    settings: SparkAls | SparkImplicitAls
    rows: SparkRows

    def train(
        self, ratings: Ratings, seed: Seed, *, progress: Progress | None = None, validation: Ratings | None = None
    ) -> TrainedModel:
        with self.rows.table_of(ratings) as table:
            return self.of(table, seed, progress=progress, validation=validation)

    def of(
        self, table: EncodedTable, seed: Seed, *, progress: Progress | None = None, validation: Ratings | None = None
    ) -> TrainedModel:
        """The model, trained on a table in Spark."""
        started = time.perf_counter()
        with watched(self.rows.session, progress or Silent(), "factorize"):
            number = int(spawn_seeds(generator(seed), 1)[0])
            found = factorize_table(table, self.settings, number, self.rows.checkpointing)
            facts = self.rows.facts(started, table)
        return _validated(to_trained_model(table, found, self.kind, self.settings, facts), validation)


@dataclass(frozen=True)
class EasePart(FixedTime):
    """EASE: Spark sums the Gramian, and the driver chooses the penalty and solves for the weights."""

    rows: SparkRows
    blocks: int
    kind: str = "ease"

    def train(self, ratings: Ratings, seed: Seed, *, progress: Progress | None = None) -> TrainedModel:
        started, shown = time.perf_counter(), progress or Silent()
        with self.rows.table_of(ratings) as table, watched(self.rows.session, shown, "pairs of items"):
            gram = gramian_of(table, self.blocks)
            model = ease.train(
                ratings, ease.EASESettings(), rng=generator(seed), progress=Silent(),
                gram_of=lambda chosen: gram if len(chosen) == len(gram) else gram[np.ix_(chosen, chosen)],
            )  # fmt: skip
            return replace(model, facts={**model.facts, **self.rows.facts(started, table)})


def train_on_spark(
    rows: SparkRows,
    division: Mapping[str, Any],
    *,
    seed: Seed,
    validation: Ratings | None,
    progress: Progress,
    cut: str,
) -> Recommender:
    """The parts that the table supports, and their ranker. division: settings that say how the work is divided."""

    def mllib(kind: str) -> MLlibPart:
        return MLlibPart(kind, MODELS[kind].from_json(division), rows)

    choice = choice_kind_on_driver(len(rows.whole.users), len(rows.whole.items))
    progress.note(f"choice model: {choice.name}, {choice.reason}")
    ratings = rows.whole.ratings
    plans: dict[str, PartPlan] = {"rating": mllib(RATING_MODEL)} if has_ratings(ratings) else {}
    plans["choice"] = mllib(FALLBACK) if choice.name == FALLBACK else EasePart(rows, mllib(FALLBACK).settings.blocks)
    facts = {"choice_model": f"{choice.name}: {choice.reason}"}
    return fit_parts(ratings, plans, seed=seed, validation=validation, progress=progress, cut=cut, facts=facts)


def choice_kind_on_driver(users: int, items: int) -> ChoiceKind:
    """EASE where its weights fit the driver's free memory, else MLlib's alternating least squares; and the reason."""
    need, free = ease.bytes_needed(users, items)["dense"], available_memory()
    size = f"ease takes up to {need / 1e9:,.2f} GB on the driver for {items:,} items"
    if free is None or need <= ease.MARGIN * free:
        return ChoiceKind("ease", f"{size}, which fits its free memory")
    return ChoiceKind(
        FALLBACK,
        f"{size}, and {free / 1e9:,.2f} GB are free; the memory of {FALLBACK} grows with the number of items only",
    )


def _validated(trained: TrainedModel, validation: Ratings | None) -> TrainedModel:
    """The model with its error on the validation ratings in its history."""
    if validation is None or trained.objective != "rating":
        return trained
    users = trained.users.vocabulary.numbers(validation.users.ids)[validation.user_numbers]
    items = trained.items.vocabulary.numbers(validation.items.ids)[validation.item_numbers]
    error = rmse(validation.values, predict_numbers(trained, users, items).mean)
    return replace(trained, history=[{**trained.history[-1], "validation_rmse": error}])
