"""Writes docs/benchmarks.md, its two charts and the table of the README from benchmarks/results/*.json.

python benchmarks/benchmark_pages.py        # or: make benchmark-pages

Every figure is read from a result file when the page is written; a test compares the page with what this module makes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS, PAGE, README = ROOT / "benchmarks" / "results", ROOT / "docs" / "benchmarks.md", ROOT / "README.md"
CHARTS = ROOT / "docs" / "images"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
OURS = ("bayes", "dot_bias", "als", "net", "dot", "baseline", "implicit_als", "ease", "elsa")


@cache
def result(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def seconds(value: float) -> str:
    return f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"


# --- rating prediction -----------------------------------------------------------------------------------------------


def accuracy_rows() -> list[list[Any]]:
    """bayes beside myFM with the same inputs, in one run for each data set."""
    rows = []
    for data, name in (("MovieLens small", "accuracy-movielens"), ("goodbooks-10k", "accuracy-goodbooks")):
        by_inputs: dict[str, dict[str, Any]] = {}
        for row in result(name)["rows"]:
            by_inputs.setdefault(row["inputs"], {})[row["model"]] = row
        for inputs, pair in by_inputs.items():
            if {"bayes", "myFM"} <= pair.keys() and "rank" not in inputs:
                ours, other = pair["bayes"], pair["myFM"]
                rows.append([
                    f"{data}, {inputs}", ours["rmse"], other["rmse"], seconds(ours["seconds"]), seconds(other["seconds"]),
                ])  # fmt: skip
    return rows


def standard_rows() -> list[list[Any]]:
    found = result("standard-movielens-100k")
    rows = []
    for line in found["mean"]:
        first = next(row for row in found["rows"] if row.get("inputs") == line["inputs"] and row["fold"] == "u1")
        interval = f"{line['rmse']:.4f} [{line['low']:.4f}, {line['high']:.4f}]"
        rows.append([f"bayes, {line['inputs']}", first["rmse"], interval, "this run"])
    rows += [
        [one["model"], float(one["value"]), "", one["source"]]
        for one in found["published"]
        if one["metric"] == "rmse u1"
    ]
    return rows


def comparison_rows(limit: int) -> list[list[Any]]:
    """The models of the comparison that predict ratings, the most accurate first."""
    models = [one for one in result("compare-movielens")["models"] if "rmse" in one["metrics"] and one["label"] != "mean"]
    models.sort(key=lambda one: one["metrics"]["rmse"]["value"])
    return [
        [one["label"], one["metrics"]["rmse"]["value"], seconds(one["train_seconds"][0])] for one in models[:limit]
    ]


# --- lists -----------------------------------------------------------------------------------------------------------


def list_rows(inputs: str = "with genres") -> list[list[Any]]:
    models = result("default_lists")["shipped"][inputs]["models"]
    found = [one for one in models if "ndcg@10" in one["metrics"]]
    return [
        [_label(one["label"]), _interval(one["metrics"]["ndcg@10"]), one["metrics"].get("rmse", {}).get("value", "")]
        for one in sorted(found, key=lambda one: -one["metrics"]["ndcg@10"]["value"])
    ]


def _label(label: str) -> str:
    return f"{label}, the default" if label in ("bayes+ease", "bayes+elsa") else label


def _title(data: str) -> str:
    return {"shipped": "MovieLens small", "goodbooks": "goodbooks-10k"}.get(data, data)


def _interval(metric: Mapping[str, Any]) -> str:
    return f"{metric['value']:.4f} [{metric['low']:.4f}, {metric['high']:.4f}]"


def held_out_rows() -> list[list[Any]]:
    """NDCG@100 of held-out users, one column for each data set."""
    parts = result("default_lists")["held_out"]
    labels = dict.fromkeys(label for part in parts.values() for label in part["models"])
    ordered = sorted(labels, key=lambda label: -parts["shipped"]["models"].get(label, {}).get("ndcg@100", 0.0))
    return [[label, *(_value(part["models"].get(label)) for part in parts.values())] for label in ordered]


def _value(metrics: Mapping[str, Any] | None) -> Any:
    return "" if metrics is None else float(metrics["ndcg@100"])


def tuned_rows() -> list[list[Any]]:
    found = result("list_quality")
    labels = dict.fromkeys(label for data in ("movielens", "goodbooks") for label in found[data]["metrics"])
    return [
        [label, *(_value_of(found[data]["metrics"].get(label)) for data in ("movielens", "goodbooks"))]
        for label in labels
    ]


def _value_of(metrics: Mapping[str, Any] | None) -> Any:
    return "" if metrics is None else float(metrics["ndcg@100"]["value"])


# --- cold start ------------------------------------------------------------------------------------------------------

_QUADRANTS = {"new_user": "new users", "new_item": "new films", "both_new": "new users, new films"}


def cold_rows() -> list[list[Any]]:
    """RMSE by what is new and how many ratings it has: bayes by fold-in, the others trained again."""
    rows = [row for row in result("cold_start_lesson")["quadrants"]["rows"] if row.get("rmse")]
    shown = {name: [] for name in ("bayes", "dot_bias", "myFM history+genres+years", "cmfrec offsets")}
    heads = [(quadrant, given) for quadrant in _QUADRANTS for given in (0, 5, 20)]
    for name, cells in shown.items():
        for quadrant, given in heads:
            found = [r for r in rows if (r["model"], r["quadrant"], r["given"]) == (name, quadrant, given)]
            cells.append(float(found[0]["rmse"][0]) if found else "")
    return [[f"{_QUADRANTS[q]}, {given} ratings", *(shown[name][n] for name in shown)] for n, (q, given) in enumerate(heads)]


def fold_in_rows() -> list[list[Any]]:
    rows = [row for row in result("cold_start_lesson")["fold_in"]["rows"] if row["model"] == "bayes"]
    return [[f"{row['given']} ratings of new {row['hidden']}", row["folded in"], row["retrained"]] for row in rows]


# --- speed -----------------------------------------------------------------------------------------------------------


def speed_rows() -> list[list[Any]]:
    als = result("als")["compared_with_implicit"]
    choice, lists = result("choice_models"), result("lists")["all"]["users per second"]
    rows = [
        [f"implicit ALS, one sweep, 1M choices, {one['factors']} factors", seconds(one["ours_seconds"]),
         f"implicit {seconds(one['implicit_seconds'])}"]
        for one in als
    ]  # fmt: skip
    ease = choice["ease"]
    rows.append([
        "EASE, MovieLens small, processor time, same weights", seconds(ease["ours_seconds"]),
        f"rusket {seconds(ease['rusket_seconds'])}",
    ])  # fmt: skip
    rows.append([
        "lists of ten for 6,040 users, 3,706 items", f"{lists['penchant']:,} users/s", f"implicit {lists['implicit']:,} users/s"
    ])  # fmt: skip
    gradient = result("gradient")
    rows.append([
        "gradient descent, lesson's rows, to fastai's error", seconds(gradient["to_fastai_error"]["seconds"]),
        f"fastai {seconds(gradient['fastai']['seconds'])}",
    ])  # fmt: skip
    return rows


def scale_rows() -> list[list[Any]]:
    found = []
    for size in ("1M", "5M", "20M", "100M"):
        rows = {row["engine"]: row for row in result("scale")["metrics"] if row["size"] == size}
        cells = [
            f"{rows[one]['whole_seconds']:.1f} s, {rows[one]['sweeps']} epochs" if one in rows else ""
            for one in ("als", "dot_bias", "spark")
        ]
        memory = f"{rows['als']['peak_mb'] / 1000:.1f} GB" if "als" in rows else ""
        found.append([f"{size} ratings", *cells, memory])
    return found


def losses() -> list[str]:
    """Sentences on every comparison that another library wins, from the same files as the tables."""
    said = []
    choice = result("choice_models")
    ours = [row for row in choice["implicit_als"]["ours"] if row["seconds"] <= choice["implicit_als"]["rusket"]["seconds"]]
    best, rusket = min(row["loss"] for row in ours), choice["implicit_als"]["rusket"]
    if rusket["loss"] < best:
        said.append(
            f"In the time of five of its iterations, rusket's implicit ALS reaches a loss of {rusket['loss']:,.0f}; "
            f"ours reaches {best:,.0f} (`choice_models.json`)."
        )
    labels = {one["label"]: one["metrics"] for one in result("compare-movielens")["models"]}
    mine, other = (labels[name]["ndcg@10"]["value"] for name in ("implicit_als", "implicit ALS"))
    if other > mine:
        said.append(
            f"With untouched settings, implicit's ALS makes better lists than our `implicit_als`: NDCG@10 {other:.4f} "
            f"against {mine:.4f} (`compare-movielens.json`). The default does not use it."
        )
    elsa = choice["elsa"]
    if elsa["elsa"]["ndcg@100"] < elsa["ease"]["ndcg@100"]:
        said.append(
            f"On small tables `elsa` is slower and worse than `ease`: NDCG@100 {elsa['elsa']['ndcg@100']:.4f} against "
            f"{elsa['ease']['ndcg@100']:.4f} (`choice_models.json`). It is meant for large catalogues."
        )
    for row in result("cold_start_lesson")["quadrants"]["rows"]:
        less = row.get("bayes less this")
        external = row["model"].startswith(("myFM", "cmfrec"))
        if less and less[1] > 0 and external:
            said.append(
                f"For {_QUADRANTS.get(row['quadrant'], 'known pairs')} with {row['given']} ratings, {row['model']} has the "
                f"lower RMSE: {row['rmse'][0]:.4f} (`cold_start_lesson.json`)."
            )
    speed = result("service")["speed"]
    said.append(
        f"A request costs more than a bare endpoint of the same framework: {_mean(speed['service']):,.0f} answers a "
        f"second against {_mean(speed['bare']):,.0f} (`service.json`)."
    )
    return said


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


# --- the README ------------------------------------------------------------------------------------------------------


def readme_table() -> str:
    """Lists, stars, new users and speed, each beside the best other library of its run."""
    page = "docs/benchmarks.md"
    held = result("default_lists")["held_out"]
    others = ("implicit", "LensKit", "lenskit", "popular")
    lists = []
    for data, part in held.items():
        rest = {label: row["ndcg@100"] for label, row in part["models"].items() if label.split()[0] in others}
        name = max(rest, key=lambda label: rest[label])
        lists.append([
            f"lists for held-out users, {_title(data)}: NDCG@100, higher is better", part["models"]["default by combined"]["ndcg@100"],
            f"{rest[name]:.4f} ({name}, tuned)", f"[lists]({page}#lists)",
        ])  # fmt: skip
    stars = [
        [f"expected ratings, {row[0]}: RMSE, lower is better", f"{row[1]:.4f} in {row[3]}", f"{row[2]:.4f} in {row[4]} (myFM)",
         f"[ratings]({page}#expected-ratings)"]
        for row in accuracy_rows()[:2]
    ]  # fmt: skip
    cold = next(row for row in cold_rows() if row[0] == "new users, 5 ratings")
    names = ("myFM", "cmfrec")
    best = min(zip(cold[3:], names, strict=True))
    new = [["new users with 5 ratings: RMSE", cold[1], f"{best[0]:.4f} ({best[1]}, trained again)", f"[new users]({page}#new-users-and-new-items)"]]
    speed = [[row[0], row[1], row[2], f"[speed]({page}#speed-and-memory)"] for row in speed_rows() if row[0].startswith("lists of ten")]
    return table(["task", "Penchant", "best other", "protocol"], [*lists, *stars, *new, *speed])


# --- the page --------------------------------------------------------------------------------------------------------


def page() -> str:
    cold = ["", "bayes, folded in", "dot_bias, folded in", "myFM, trained again", "cmfrec, trained again"]
    sets = result("default_lists")["held_out"]
    users = ", ".join(f"{part['users']:,} of {_title(name)}" for name, part in sets.items())
    service = result("service")["speed"]
    return "\n".join([
        "# Benchmarks\n",
        "`make benchmark-pages` writes this page from `benchmarks/results`. All rows, versions and intervals are in "
        "[the result tables](../benchmarks/results/README.md); [the benchmarks](../benchmarks/README.md) are run by hand.\n",
        "## How to read it\n",
        "- Both sides of a comparison ran together on one machine with two cores. Compare times only within a table.\n"
        "- Penchant has its defaults, unless the table says \"tuned\". Nothing is chosen on test rows.\n"
        "- Lists rank all items that the user has not rated; no candidates are sampled. In brackets: 95 % intervals.\n"
        "- RMSE: lower is better. NDCG: higher is better. They measure different things: a good model of ratings can make "
        "poor lists.\n",
        "## Which model for which task\n",
        "The lesson's rows: 80,004 MovieLens ratings for training, 20,000 hidden, with genres and years. A listed film "
        "counts if the user rated it 4 or more. `default_lists.py shipped`\n",
        table(["order of the list", "NDCG@10", "RMSE of the expected rating"], list_rows()),
        "The default orders by P(choose) and P(like) together. Ordering by expected rating alone is worse than "
        "popularity. [Which model, which list](guide/which_model.md) says why.\n",
        "## Expected ratings\n",
        "The same inputs for both, one run for each data set. `accuracy.py`\n",
        table(["data and inputs", "bayes", "myFM", "time of bayes", "time of myFM"], accuracy_rows()),
        "The most accurate models of the comparison on the lesson's rows. `compare.py`\n",
        table(["model", "RMSE", "training"], comparison_rows(9)),
        "![RMSE against training time of all models of the comparison](images/benchmarks-error.svg)\n",
        "MovieLens 100K, folds u1 to u5, untouched defaults. `standard.py` runs the published protocols on the original "
        "folders of MovieLens 100K to 32M, Netflix and goodbooks.\n",
        table(["model", "u1", "mean of u1 to u5", "source"], standard_rows()),
        "## Lists\n",
        f"Held-out users: {users}. 80 % of a user's items are given, the others are to be found; NDCG@100. The other "
        "libraries and `ease` are tuned on validation users, the default is not. `default_lists.py held_out`\n",
        table(["model", *map(_title, sets)], held_out_rows()),
        "The same question with single models, all tuned alike. `list_quality.py`\n",
        table(["model", "MovieLens small", "goodbooks-10k"], tuned_rows()),
        "By time: [What comes next](guide/time.md) has the rolling cuts of MovieTweetings.\n",
        "## New users and new items\n",
        "RMSE in five splits by users and films. Penchant folds the new rows in, the others are trained again with them. "
        "`cold_start.py`\n",
        table(cold, cold_rows()),
        "Fold-in against training again, `bayes`:\n",
        table(["given", "folded in", "trained again"], fold_in_rows()),
        "## Speed and memory\n",
        "`als.py`, `choice_models.py`, `lists.py`, `gradient.py`\n",
        table(["task", "Penchant", "compared with"], speed_rows()),
        "From a Parquet file to a trained model, 32 factors, made ratings. `scale.py`\n",
        table(["", "als", "dot_bias", "Spark on this machine", "memory of als"], scale_rows()),
        "![Seconds from file to model by the number of ratings](images/benchmarks-scale.svg)\n",
        "## Serving\n",
        f"`service.py`: {_mean(service['service']):,.0f} lists a second over HTTP on two cores, with storage and "
        f"limits; a bare endpoint of the same framework answers {_mean(service['bare']):,.0f}.\n",
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
    })  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    models = {one["label"]: one for one in result("compare-movielens")["models"] if "rmse" in one["metrics"]}
    drawn = plt.figure(figsize=(8, 4.5), layout="constrained").subplots()
    for label, one in models.items():
        if label == "mean":
            continue
        at = one["train_seconds"][0], one["metrics"]["rmse"]["value"]
        colour = "#3949ab" if label in OURS else "#ef6c00"
        drawn.plot(*at, "o", color=colour)
        drawn.annotate(label, at, textcoords="offset points", xytext=(6, 3), fontsize=8, color=colour)
    drawn.set(xscale="log", xlabel="seconds of training", ylabel="RMSE, lower is better", title="Error and time")
    drawn.plot([], [], "o", color="#3949ab", label="Penchant")
    drawn.plot([], [], "o", color="#ef6c00", label="other libraries")
    drawn.legend(frameon=False)
    plt.savefig(folder / "benchmarks-error.svg", metadata={"Date": None})
    drawn = plt.figure(figsize=(8, 4.5), layout="constrained").subplots()
    for engine, colour in (("als", "#3949ab"), ("dot_bias", "#2e7d32"), ("spark", "#ef6c00")):
        rows = [row for row in result("scale")["metrics"] if row["engine"] == engine]
        drawn.plot([row["ratings"] for row in rows], [row["whole_seconds"] for row in rows], "o-", label=engine, color=colour)
    drawn.set(xscale="log", yscale="log", xlabel="ratings", ylabel="seconds from file to model", title="Scale")
    drawn.legend(frameon=False)
    plt.savefig(folder / "benchmarks-scale.svg", metadata={"Date": None})
    plt.close("all")


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
