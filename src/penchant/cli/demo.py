"""`penchant demo`: train, evaluate, recommend and fold in on the shipped ratings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.output import AsJson, Quiet, progress, show_answer, show_json

NEW_USER = {260: 5.0, 1196: 5.0, 2571: 4.5, 1721: 1.5, 7361: 4.0}
"""Ratings of a new user who likes Star Wars and The Matrix, and not Titanic: MovieLens id -> rating."""

OTHERS: Mapping[str, Mapping[str, Any]] = {"dot_bias": {"use_features": False}, "als": {}}
"""Models that the report compares the default with, and their settings. With features, `dot_bias` would need torch."""


def demo(
    out: Annotated[Path, typer.Option(help="The folder to write the model and the report to.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same metrics.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.data.movielens import movielens
    from penchant.data.splitting import random
    from penchant.evaluation.report.evaluate import evaluate
    from penchant.recommending.train_parts import train

    started = time.perf_counter()
    with progress(quiet or as_json) as bar:
        bar.start("read MovieLens", 1)
        ratings = movielens()
        bar.step()
        split = random(ratings, test=0.2, seed=42)
        model = train(split.train, seed=seed, progress=bar)
        others = {
            name: train(split.train, name, seed=seed, progress=bar, settings=settings)
            for name, settings in OTHERS.items()
        }
        report = evaluate(model, split, others=others, progress=bar)
        bar.start("save the model and its report", 2)
        model.save(out / "model")
        bar.step()
        report.to_html(out / "report.html")
        bar.step()
    _show(out, ratings, model, report, time.perf_counter() - started, as_json)


def _show(out: Path, ratings: Any, model: Any, report: Any, seconds: float, as_json: bool) -> None:
    known = ratings.users.ids[0]
    if as_json:
        show_json({"report": report.to_json(), "recommended": model.recommend(known).to_json(), "seconds": seconds})
        return
    from penchant.recommending.recommender import main_model

    print(f"\n{report}\n")
    show_answer(f"Ten films for user {known}, known from training", model.recommend(known))
    items = main_model(model).items
    rated = ", ".join(f"{items.title(items.vocabulary.number(i))}: {stars}" for i, stars in NEW_USER.items())
    print(f"\nA new user rates {rated}.")
    show_answer(
        "Ten films for the new user, folded in without retraining", model.fold_in(ratings=NEW_USER).recommend(10)
    )
    print(f"\nDone in {seconds:.0f} s. The model is in {out / 'model'}, the report in {out / 'report.html'}.")
    print(f"Next: penchant serve {out / 'model'}, or your own ratings: penchant train ratings.csv --out my-model")


def register(app: typer.Typer) -> None:
    app.command("demo", help="Train, evaluate, recommend and fold in on the shipped MovieLens ratings.")(demo)
