"""`penchant train`: train a model on a table of ratings and save it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from penchant.cli.option_values import pair
from penchant.cli.output import AsJson, Quiet, progress, show_json, show_table
from penchant.cli.settings_flags import SettingsHelp, SettingValues, as_flags, settings_from_flags
from penchant.cli.table_options import TableOptions, reading_of, with_table_options
from penchant.data.tables.file_options import FileOptions
from penchant.foundations.errors import SettingsError

STEPS = {
    "parts": "both parts on the rows before the cut",
    "weights": "weights",
    "rating": "rating model",
    "choice": "choice model",
}
"""The steps of training, as the facts of the ranker name them, and in words."""

HELP = """Train a model on a table of ratings and save it in a folder.

Each setting of the model is an option, such as `--factors 32` or `--set factors=32`; they are listed below, and
`penchant models NAME` says what they mean.
"""


def train(
    context: typer.Context,
    table: TableOptions,
    out: Annotated[Path, typer.Option(help="The folder to save the model in.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="Which model; `penchant models` lists them. Left out, those that the table supports: one for ratings, "
            "one for lists. Settings without a model are those of the rating model."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = 0,
    cut: Annotated[
        Literal["auto", "latest", "random"],
        typer.Option(help="The rows that the weights of lists are fitted on; `auto` decides by the table."),
    ] = "auto",
    budget: Annotated[
        str | None,
        typer.Option(help="About how long training may take: 90s, 5m, 2h. The rating model then stops sampling early."),
    ] = None,
    hold_out: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of ratings left out, for `penchant evaluate`.")
    ] = 0.0,
    engine: Annotated[str, typer.Option(help="`local`, or `spark` for ratings that do not fit one machine.")] = "local",
    master: Annotated[str | None, typer.Option(help="The Spark master, such as spark://host:port or local[*].")] = None,
    conf: Annotated[list[str] | None, typer.Option(help="A Spark property, NAME=VALUE; repeatable.")] = None,
    settings_given: SettingValues = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.engines.engine_choice import rating_model
    from penchant.engines.engine_choice import train as train_model

    flags = [*as_flags(settings_given), *context.args]
    settings: dict[str, Any] = settings_from_flags(model or rating_model(engine), flags, engine, context=context)
    if engine == "spark":
        settings |= {"master": master, "config": dict(pair(one, "--conf", "NAME=VALUE") for one in conf or ())}
    if engine == "spark" and not (hold_out or table.items or table.users or table.is_movielens):
        ratings: Any = table.ratings
        settings |= table.rules() | _separator(table)
    else:
        ratings = _read(table, hold_out, quiet or as_json)
    started = time.perf_counter()
    with progress(quiet or as_json) as bar:
        trained = train_model(
            ratings, model, engine=engine, seed=seed, progress=bar, cut=cut, budget=budget, **settings
        )
    trained.save(out)
    _show(out, trained, time.perf_counter() - started, reading_of(ratings), as_json)


def _separator(table: TableOptions) -> dict[str, Any]:
    """The separator for Spark, which takes no other option of a file."""
    given = table.file()
    separator = {"separator": FileOptions(**given).separator} if "separator" in given else {}
    if other := given.keys() - separator.keys():
        raise SettingsError(f"Spark reads no file with this option: {other.pop()}", remedy="Leave it out")
    return separator


def _read(table: TableOptions, hold_out: float, quiet: bool) -> Any:
    """The training ratings, read by this process and not by an engine."""
    from penchant.data import splitting

    ratings = table.read_and_say(quiet)
    return splitting.random(ratings, test=hold_out).train if hold_out else ratings


def _show(out: Path, model: Any, seconds: float, reading: dict[str, Any], as_json: bool) -> None:
    from penchant.recommending.recommender import main_model

    trained = main_model(model)
    kinds = [part.kind for part in (model.rating_model, model.choice_model) if part is not None]
    n = int(trained.users.counts.sum())
    facts = {
        "folder": str(out),
        "model": "+".join(kinds),
        "ratings": n,
        "users": len(trained.users),
        "items": len(trained.items),
        "seconds": round(seconds, 2),
        **reading,
        "ranker": None if model.ranker is None else model.ranker.to_json(),
    }
    if as_json:
        show_json(facts)
        return
    print(f"Trained {' and '.join(kinds)} on {n:,} {trained.scale.kind} in {seconds:.1f} s; saved in {out}")
    if model.ranker is not None:
        _show_ranker(model.ranker)
    some_id = trained.users.vocabulary.ids[0]
    print(f"Next: penchant recommend {out} --user {some_id}")


def _show_ranker(ranker: Any) -> None:
    """The weights of lists, how much each term gains on held-back rows, and the time of each step."""
    facts = ranker.facts
    order = "combined" if ranker.weights else "choice"
    print(f"Choice model: {facts['choice_model']}.")
    print(f"The ranker was fitted on {facts['cut']}" + (f", {facts['users']:,} users." if "users" in facts else "."))
    if order in facts:
        _show_terms(order, facts[order])
    seconds = facts.get("seconds", {})
    print("Seconds: " + ", ".join(f"{STEPS[name]} {seconds[name]:.1f}" for name in STEPS if name in seconds))


def _show_terms(order: str, fit: Mapping[str, Any]) -> None:
    (metric,) = (name for name in fit if name.startswith("ndcg@"))
    name = metric.upper()
    rows: list[list[Any]] = [
        [term, weight, fit["terms"][term]["alone"], fit["terms"][term]["without"]]
        for term, weight in fit["weights"].items()
    ]
    show_table(f"Weights of the {order} order", ["term", "weight", f"{name} alone", f"{name} without"], rows)
    print(f"All terms: {name} {fit[metric]:.3f} on the held-back rows")
    without = [f"{value:.3f} without {term}" for term, value in fit["log_likelihood_without"].items()]
    print("Log likelihood: " + ", ".join([f"{fit['log_likelihood']:.3f} with all terms", *without]))


def register(app: typer.Typer) -> None:
    flags = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("train", cls=SettingsHelp, help=HELP, context_settings=flags)(with_table_options(train))
