"""`penchant demo`: the whole job on real ratings, step by step."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.rendering import progress, show_answer, show_json
from penchant.cli.tables import AsJson, Quiet

NEWCOMER = {260: 5.0, 1196: 5.0, 2571: 4.5, 1721: 1.5, 7361: 4.0}
"""Somebody who loves Star Wars and The Matrix, and not Titanic: MovieLens ids and stars."""


def demo(
    out: Annotated[Path, typer.Option(help="The folder to write the model and the report to.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="The same seed gives the same metrics.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.data.movielens import movielens
    from penchant.data.splitting import random
    from penchant.evaluation.scoring.evaluate import evaluate

    started = time.perf_counter()
    with progress(quiet or as_json) as bar:
        bar.start("read MovieLens", 1)
        ratings = movielens()
        bar.step()
        split = random(ratings, test=0.2, seed=42)
        models = _learnt(split, seed, bar)
        report = evaluate(models["bayes"], split, beside=models, progress=bar)
        bar.start("save the model and its report", 2)
        models["bayes"].save(out / "model")
        bar.step()
        report.to_html(out / "report.html")
        bar.step()
    _tell(out, ratings, models["bayes"], report, time.perf_counter() - started, as_json)


def _learnt(split: Any, seed: int, bar: Any) -> dict[str, Any]:
    """The product's default model and two to see beside it, all from the training rows."""
    from penchant.recommending.train_parts import train

    return {name: train(split.train, name, seed=seed, progress=bar) for name in ("dot_bias", "als", "bayes")}


def _tell(out: Path, ratings: Any, model: Any, report: Any, seconds: float, as_json: bool) -> None:
    known = ratings.users.ids[0]
    if as_json:
        show_json({"report": report.to_json(), "recommended": model.recommend(known).to_json(), "seconds": seconds})
        return
    from penchant.recommending.recommender import main_model

    print(f"\n{report}\n")
    show_answer(f"Ten films for user {known}, known from training", model.recommend(known))
    items = main_model(model).items
    rated = ", ".join(f"{items.title(items.vocabulary.number(i))}: {stars}" for i, stars in NEWCOMER.items())
    print(f"\nA newcomer says {rated}.")
    show_answer(
        "Ten films for the newcomer, folded in without retraining", model.fold_in(ratings=NEWCOMER).recommend(10)
    )
    print(f"\nDone in {seconds:.0f} s. The model is in {out / 'model'}, the report in {out / 'report.html'}.")
    print(f"Next: penchant serve {out / 'model'}   or your own: penchant train ratings.csv --out my-model")


def register(app: typer.Typer) -> None:
    app.command("demo", help="The whole job on the shipped MovieLens ratings: learn, measure, recommend, fold in.")(
        demo
    )
