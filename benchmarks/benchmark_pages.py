"""Writes docs/benchmarks.md, its two charts and the table of the README from benchmarks/results/*.json.

python benchmarks/benchmark_pages.py        # or: make benchmark-pages

Every figure is read from a result file when the page is written; a test compares the page with what this module makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import benchmark_figures as figures
from benchmark_figures import mean, result, title_of
from benchmark_losses import losses

ROOT = Path(__file__).parents[1]
PAGE, README = ROOT / "docs" / "benchmarks.md", ROOT / "README.md"
CHARTS = ROOT / "docs" / "images"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
OUR_COLOUR, THEIR_COLOUR = "#3949ab", "#ef6c00"
OURS = ("bayes", "dot_bias", "als", "net", "dot", "baseline", "implicit_als", "ease", "elsa")


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


# --- the README ------------------------------------------------------------------------------------------------------


def readme_table() -> str:
    """Lists, stars, new users and speed, each beside the best other library of its run."""
    page = "docs/benchmarks.md"
    held = result("default_lists")["held_out"]
    lists = []
    for data, part in held.items():
        rest = {label: row["ndcg@100"] for label, row in part["models"].items() if figures.is_rival(label)}
        name = max(rest, key=lambda label: rest[label])
        lists.append([
            f"lists for held-out users, {title_of(data)}: NDCG@100, higher is better",
            part["models"]["default by combined"]["ndcg@100"],
            f"{rest[name]:.4f} ({name}, tuned)", f"[lists]({page}#lists)",
        ])  # fmt: skip
    stars = [
        [f"expected ratings, {row[0]}: RMSE, lower is better", f"{row[1]:.4f} in {row[3]}",
         f"{row[2]:.4f} in {row[4]} (myFM)", f"[ratings]({page}#expected-ratings)"]
        for row in figures.accuracy_rows()[:2]
    ]  # fmt: skip
    cold = next(row for row in figures.cold_rows() if row[0] == "new users, 5 ratings")
    names = ("myFM", "cmfrec")
    best = min(zip(cold[3:], names, strict=True))
    new = [
        "new users with 5 ratings: RMSE, lower is better", cold[1], f"{best[0]:.4f} ({best[1]}, trained again)",
        f"[new users]({page}#new-users-and-new-items)",
    ]  # fmt: skip
    weeks = figures.rolling_rows()
    default = next(row for row in weeks if figures.is_default(row[0].removesuffix(", the default")))
    chosen = next(row for row in weeks if row[0].endswith("by choice"))
    rival = next(row for row in weeks if "+" not in row[0])
    time = [
        "lists for the next week, MovieTweetings: recall@10 of what is chosen, higher is better",
        f"{chosen[1]:.4f} by choice; {default[1]:.4f} by default",
        f"{rival[1]:.4f} ({rival[0]})", f"[lists]({page}#lists)",
    ]  # fmt: skip
    speed = next(row for row in figures.speed_rows() if row[0].startswith("lists of ten"))
    rows = [*lists, time, *stars, new, [*speed, f"[speed]({page}#speed-and-memory)"]]
    return table(["task", "Penchant", "best other", "protocol"], rows)


# --- the page --------------------------------------------------------------------------------------------------------


def page() -> str:
    cold = ["", "bayes, folded in", "dot_bias, folded in", "myFM, trained again", "cmfrec, trained again"]
    sets = result("default_lists")["held_out"]
    users = ", ".join(f"{part['users']:,} of {title_of(name)}" for name, part in sets.items())
    service = result("service")["speed"]
    least, greatest = figures.fold_in_gaps()
    return "\n".join([
        "# Benchmarks\n",
        "`make benchmark-pages` writes this page from the result files: [all rows](../benchmarks/results/README.md) "
        "have their versions, seeds and commands. [The benchmarks](../benchmarks/README.md) are run by hand.\n",
        "## How to read it\n",
        "- Both sides of a comparison ran together on one machine with two cores. Compare times only within a table.\n"
        "- Penchant has its defaults, unless the table says \"tuned\". Nothing is chosen on test rows.\n"
        "- Lists rank all items that the user has not rated; no candidates are sampled. In brackets: 95 % intervals.\n"
        "- RMSE: lower is better. NDCG and recall: higher is better. A good model of ratings can make poor lists.\n",
        "## Which model for which task\n",
        "The lesson's rows: 80,004 MovieLens ratings for training, 20,000 hidden, with genres and years. A listed film "
        "counts if the user rated it 4 or more. [Which model, which list](guide/which_model.md) says what to take. "
        "`default_lists.py shipped`\n",
        table(["order of the list", "NDCG@10", "RMSE of the expected rating"], figures.list_rows()),
        "## Expected ratings\n",
        "The same inputs for both, one run for each data set. `accuracy.py`\n",
        table(["data and inputs", "bayes", "myFM", "time of bayes", "time of myFM"], figures.accuracy_rows()),
        "The protocols of papers, RMSE of `bayes` with its defaults. `standard.py`, also for folders of MovieLens 1M "
        "to 32M, Netflix and goodbooks v2\n",
        table(["data", "ids", "with genres and year", "and with users' columns"], figures.standard_rows()),
        f"Published for u1: {figures.published('standard-movielens-100k', 'rmse u1')}.\n",
        "## Lists\n",
        f"Held-out users: {users}. 80 % of a user's items are given, the others are to be found; NDCG@100. The default "
        "is not tuned. The other libraries and `ease` are tuned on other held-out users. An empty cell: not run, it "
        "takes too long. `default_lists.py held_out`\n",
        table(["model", *map(title_of, sets)], figures.held_out_rows()),
        f"Held-out users under the protocol of papers, NDCG@100 of `ease` (popularity): {figures.standard_lists()}. "
        "`standard.py`\n",
        "The next week: six weekly cuts of MovieTweetings, recall@10 of what known users choose in the seven days "
        "after the cut; and random rows of the same table, NDCG@10 of what is rated 7 or more. [What comes "
        "next](guide/time.md) says why the answers differ. `default_lists.py rolling tweets`\n",
        table(["order of the list", "next week", "random rows"], figures.time_rows()),
        "## New users and new items\n",
        "RMSE in five splits by users and films. Penchant folds the new rows in, the others are trained again with "
        "them. `cold_start.py`\n",
        table(cold, figures.cold_rows()),
        f"The RMSE of fold-in differs from that of training again by {least:+.4f} to {greatest:+.4f} (`bayes`, 5 to 20 "
        "given ratings of new users or films).\n",
        "## Speed and memory\n",
        "`als.py`, `scale.py`, `choice_models.py`, `lists.py`, `gradient.py`\n",
        table(["task", "Penchant", "compared with"], figures.speed_rows()),
        "![RMSE against training time of all models of the comparison](images/benchmarks-error.svg)\n",
        f"From a Parquet file to a trained model, 32 factors, made ratings: {figures.scale_facts()}. `scale.py`\n",
        "![Seconds from file to model by the number of ratings](images/benchmarks-scale.svg)\n",
        f"Installation into an empty environment, PyTorch without CUDA: {figures.install_facts()}. `install.py`\n",
        "## Serving\n",
        f"`service.py`: {mean(service['service']):,.0f} lists a second over HTTP on two cores, with storage and "
        f"limits; a bare endpoint of the same framework answers {mean(service['bare']):,.0f}.\n",
        f"`service_day.py`: {figures.day_facts()}.\n",
        "## Where others are ahead\n",
        *(f"- {sentence}" for sentence in losses()),
        "\n## Running them again\n",
        "```sh\nscripts/rivals-environment                       # the other libraries, in .venv-external\n"
        ".venv-external/bin/python benchmarks/compare.py    # any of the files named above\n"
        "make benchmark-pages                             # this page and the README's table\n```\n",
    ])  # fmt: skip


def charts(folder: Path) -> None:
    """The two charts: error against seconds, and seconds against the number of ratings."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    mpl.rcParams.update({
        "svg.hashsalt": "penchant", "svg.fonttype": "none", "axes.spines.top": False, "axes.spines.right": False,
        "axes.titlelocation": "left",
    })  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    _error_and_time(plt.figure(figsize=(8, 4.5), layout="constrained").subplots())
    plt.savefig(folder / "benchmarks-error.svg", metadata={"Date": None})
    _scale(plt.figure(figsize=(8, 4.5), layout="constrained").subplots())
    plt.savefig(folder / "benchmarks-scale.svg", metadata={"Date": None})
    plt.close("all")


def _error_and_time(drawn: Any) -> None:
    models = [one for one in result("compare-movielens")["models"] if "rmse" in one["metrics"]]
    for one in models:
        label, at = one["label"], (one["train_seconds"][0], one["metrics"]["rmse"]["value"])
        if label != "mean":
            colour = OUR_COLOUR if label in OURS else THEIR_COLOUR
            drawn.plot(*at, "o", color=colour)
            drawn.annotate(label, at, textcoords="offset points", xytext=(6, 3), fontsize=8, color=colour)
    best = min(models, key=lambda one: one["metrics"]["rmse"]["value"])["label"]
    drawn.set(
        xscale="log", xlabel="seconds of training", ylabel="RMSE, lower is better",
        title=f"Error and time on the lesson's rows: {best} has the lowest error",
    )  # fmt: skip
    drawn.xaxis.set_major_formatter("{x:g}")
    drawn.margins(x=0.12)
    drawn.plot([], [], "o", color=OUR_COLOUR, label="Penchant")
    drawn.plot([], [], "o", color=THEIR_COLOUR, label="other libraries")
    drawn.legend(frameon=False, loc="upper left")


def _scale(drawn: Any) -> None:
    last = {}
    for engine, colour, name in (("als", OUR_COLOUR, "als"), ("dot_bias", "#2e7d32", "dot_bias"),
                                 ("spark", THEIR_COLOUR, "Spark")):  # fmt: skip
        rows = [row for row in result("scale")["metrics"] if row["engine"] == engine]
        at = [row["ratings"] for row in rows], [row["whole_seconds"] for row in rows]
        drawn.plot(*at, "o-", color=colour)
        drawn.annotate(name, (at[0][-1], at[1][-1]), textcoords="offset points", xytext=(8, -3), color=colour)
        last[engine] = rows[-1]
    size, took = last["als"]["ratings"], last["als"]["whole_seconds"]
    drawn.set(
        xscale="log", yscale="log", xlabel="ratings", ylabel="seconds from file to model",
        title=f"Scale: als reads and trains {size / 1e6:.0f} million ratings in {took:.0f} s on two cores",
    )  # fmt: skip
    drawn.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:g}M")
    drawn.yaxis.set_major_formatter("{x:g}")
    drawn.margins(x=0.12)


def with_table(readme: str) -> str:
    """The README with the table between its marks."""
    return f"{readme.partition(BEGIN)[0]}{BEGIN}\n\n{readme_table()}\n{END}{readme.partition(END)[2]}"


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    README.write_text(with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    charts(CHARTS)
    print(f"written: {PAGE}, {README}, {CHARTS}")


if __name__ == "__main__":
    main()
