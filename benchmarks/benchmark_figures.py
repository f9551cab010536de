"""The rows of the benchmarks page and of the README's table, each read from a result file; see `benchmark_pages.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@cache
def result(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


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
                    f"{data}, {inputs}", ours["rmse"], other["rmse"],
                    seconds(ours["seconds"]), seconds(other["seconds"]),
                ])  # fmt: skip
    return rows


STANDARD = (
    ("standard-movielens-100k", "MovieLens 100K, u1", "u1"),
    ("standard-movielens-100k", "MovieLens 100K, u1 to u5", ""),
    ("standard-movielens-small-2016", "MovieLens small, {} random tenths", ""),
    ("standard-goodbooks-10k", "goodbooks-10k, first edition, {} random tenths", ""),
    ("standard-movietweetings", "MovieTweetings, {} random tenths", ""),
)
"""Result file, title and the fold that is shown; "" for the mean over the folds that were run."""
INPUTS = ("ids", "genres, year", "genres, year, age, gender, occupation")


def measured() -> list[tuple[str, str, str]]:
    """The standard data sets that have a result file."""
    return [one for one in STANDARD if (RESULTS / f"{one[0]}.json").exists()]


def standard_rows() -> list[list[Any]]:
    """The published protocols: the RMSE of bayes for each kind of input, one fold or the mean over folds."""
    rows = []
    for name, title, fold in measured():
        found = result(name)
        cells = []
        for inputs in INPUTS:
            values = [row for row in found["rows"] if row.get("inputs") == inputs and row["fold"] == fold]
            means = [line for line in found["mean"] if line["inputs"] == inputs]
            cells.append(values[0]["rmse"] if fold and values else _mean(means[0]) if means else "")
        rows.append([title.format(found["mean"][-1]["folds"]), *cells])
    return rows


def _mean(line: Mapping[str, Any]) -> str:
    interval = f" [{line['low']:.4f}, {line['high']:.4f}]" if "low" in line else ""
    return f"{line['rmse']:.4f}{interval}"


def published(name: str, metric: str) -> str:
    """The published figures of a metric in one sentence, each with its source."""
    found = [one for one in result(name)["published"] if one["metric"] == metric]
    return "; ".join(f"{one['value']:.4f} {one['model']} ({one['source']})" for one in found)


def standard_lists() -> str:
    """NDCG@100 of ease and of popularity for held-out users under the published protocol, in one sentence."""
    said = []
    for name, title, fold in measured():
        rows = {row["model"]: row for row in result(name)["rows"] if row["protocol"] == "lists"}
        if rows and not fold:
            title = title.partition(",")[0]
            said.append(f"{title} {rows['ease']['ndcg@100']:.4f} ({rows['popularity']['ndcg@100']:.4f})")
    return ", ".join(said)


def comparison_rows(limit: int) -> list[list[Any]]:
    """The models of the comparison that predict ratings, the most accurate first."""
    found = result("compare-movielens")["models"]
    models = [one for one in found if "rmse" in one["metrics"] and one["label"] != "mean"]
    models.sort(key=lambda one: one["metrics"]["rmse"]["value"])
    return [[one["label"], one["metrics"]["rmse"]["value"], seconds(one["train_seconds"][0])] for one in models[:limit]]


# --- lists -----------------------------------------------------------------------------------------------------------


def list_rows(inputs: str = "with genres") -> list[list[Any]]:
    models = result("default_lists")["shipped"][inputs]["models"]
    found = [one for one in models if "ndcg@10" in one["metrics"]]
    return [
        [_label(one["label"]), _interval(one["metrics"]["ndcg@10"]), one["metrics"].get("rmse", {}).get("value", "")]
        for one in sorted(found, key=lambda one: -one["metrics"]["ndcg@10"]["value"])
    ]


def rolling_rows() -> list[list[Any]]:
    """Recall@10 of the next week's choices over weekly cuts."""
    found = result("default_lists")["rolling"]["recall@10 of all choices"]
    ordered = sorted(found.items(), key=lambda one: -one[1]["value"])
    return [[_label(label), float(one["value"])] for label, one in ordered if _shown(label)]


def time_rows() -> list[list[Any]]:
    """What comes next, and random rows of the same table: the default and the others."""
    models = result("default_lists")["tweets"]["comparison"]["models"]
    random = {_label(one["label"]): _interval(one["metrics"]["ndcg@10"]) for one in models
              if "ndcg@10" in one["metrics"] and _shown(one["label"])}  # fmt: skip
    weeks = dict(rolling_rows())
    return [[label, weeks.get(label, ""), random.get(label, "")] for label in {**weeks, **random}]


def _shown(label: str) -> bool:
    """implicit and LensKit on random rows are not shown: the best of their settings was at the edge of those tried."""
    return label not in ("baseline", "als", "mean", "implicit ALS", "LensKit")


def is_rival(label: str) -> bool:
    """Whether a label of the held-out users names another library, or popularity."""
    return label != "ease" and not label.startswith("default")


def is_default(label: str) -> bool:
    return "+" in label and ", by " not in label


def _label(label: str) -> str:
    return f"{label}, the default" if is_default(label) else label


def title_of(data: str) -> str:
    return {"shipped": "MovieLens small", "goodbooks": "goodbooks-10k"}.get(data, data)


def _interval(metric: Mapping[str, Any]) -> str:
    return f"{metric['value']:.4f} [{metric['low']:.4f}, {metric['high']:.4f}]"


def held_out_rows() -> list[list[Any]]:
    """NDCG@100 of held-out users, one column for each data set, with the version of the library."""
    parts, known = result("default_lists")["held_out"], result("default_lists")["versions"]
    labels = dict.fromkeys(label for part in parts.values() for label in part["models"])
    ordered = sorted(labels, key=lambda label: -parts["shipped"]["models"].get(label, {}).get("ndcg@100", 0.0))
    rows: dict[tuple[Any, ...], list[str]] = {}  # models with the same lists share a row
    for label in ordered:
        values = tuple(_value(part["models"].get(label)) for part in parts.values())
        alike = next((one for one in rows if one[0] == values[0] and "" in (one[1], values[1])), values)
        rows.setdefault(alike, []).append(_with_version(label, known))
    return [["; ".join(labels), *values] for values, labels in rows.items()]


def _with_version(label: str, known: Mapping[str, str]) -> str:
    """ "irspack iALS" becomes "irspack 0.5.2 iALS"."""
    library, _, model = label.partition(" ")
    found = {name.lower(): version for name, version in known.items()}.get(library.lower())
    return f"{library} {found} {model}" if found else label


def _value(metrics: Mapping[str, Any] | None) -> Any:
    return "" if metrics is None else float(metrics["ndcg@100"])


# --- cold start ------------------------------------------------------------------------------------------------------

QUADRANTS = {"new_user": "new users", "new_item": "new films", "both_new": "new users, new films"}


def cold_rows() -> list[list[Any]]:
    """RMSE by what is new and how many ratings it has: bayes by fold-in, the others trained again."""
    rows = [row for row in result("cold_start_lesson")["quadrants"]["rows"] if row.get("rmse")]
    shown = {name: [] for name in ("bayes", "dot_bias", "myFM history+genres+years", "cmfrec offsets")}
    heads = [(quadrant, given) for quadrant in QUADRANTS for given in (0, 5)]
    for name, cells in shown.items():
        for quadrant, given in heads:
            found = [r for r in rows if (r["model"], r["quadrant"], r["given"]) == (name, quadrant, given)]
            cells.append(float(found[0]["rmse"][0]) if found else "")
    return [
        [f"{QUADRANTS[quadrant]}, {given} ratings", *(shown[name][n] for name in shown)]
        for n, (quadrant, given) in enumerate(heads)
    ]


def fold_in_gaps() -> tuple[float, float]:
    """The least and the greatest RMSE of fold-in less that of training again, bayes."""
    rows = [row for row in result("cold_start_lesson")["fold_in"]["rows"] if row["model"] == "bayes"]
    gaps = [row["folded in"] - row["retrained"] for row in rows]
    return min(gaps), max(gaps)


# --- speed -----------------------------------------------------------------------------------------------------------


def speed_rows() -> list[list[Any]]:
    als = result("als")["compared_with_implicit"]
    choice, lists = result("choice_models"), result("lists")["all"]["users per second"]
    rows = [
        [f"implicit ALS, one sweep, 1M choices, {one['factors']} factors", seconds(one["ours_seconds"]),
         f"implicit {seconds(one['implicit_seconds'])}"]
        for one in als
    ]  # fmt: skip
    sweeps = {row["engine"]: row for row in result("scale")["metrics"] if (row["size"], row["factors"]) == ("1M", 32)}
    rows.append([
        "Gibbs sampling, one sweep, 1M ratings, 32 factors", seconds(sweeps["bayes"]["epoch_seconds"]),
        f"myFM {seconds(sweeps['myfm']['epoch_seconds'])}",
    ])  # fmt: skip
    ease = choice["ease"]
    rows.append([
        "EASE, MovieLens small, processor time, same weights", seconds(ease["ours_seconds"]),
        f"rusket {seconds(ease['rusket_seconds'])}",
    ])  # fmt: skip
    rows.append([
        "lists of ten for 6,040 users, 3,706 items", f"{lists['penchant']:,} users/s",
        f"implicit {lists['implicit']:,} users/s",
    ])  # fmt: skip
    gradient = result("gradient")
    rows.append([
        "gradient descent, lesson's rows, to fastai's error", seconds(gradient["to_fastai_error"]["seconds"]),
        f"fastai {seconds(gradient['fastai']['seconds'])}",
    ])  # fmt: skip
    return rows


def scale_facts() -> str:
    """The largest table of each engine, in one sentence."""
    said = []
    for engine in ("als", "dot_bias", "bayes", "implicit_als", "spark"):
        last = [row for row in result("scale")["metrics"] if row["engine"] == engine][-1]
        memory = f" and {last['peak_mb'] / 1000:.1f} GB" if engine != "spark" else ""
        said.append(f"{engine} {last['whole_seconds']:.1f} s{memory} for {last['size']}")
    return ", ".join(said)


def install_facts() -> str:
    """What each form of the package takes, in one sentence."""
    return ", ".join(
        f"`{row['install']}` {seconds(row['pip_cpu_seconds'])} of processor time and {row['mb']:,.0f} MB"
        for row in result("install")["rows"]
    )


def day_facts() -> str:
    """The day of the service in one sentence."""
    day = result("service_day")["day"]
    phases = {"before": "before a retraining", "training": "while it runs", "after": "after it"}
    wide = result("service_day_16_cores")["day"]
    said = ", ".join(f"{day['by_phase'][name]['p99_ms']:.0f} ms {words}" for name, words in phases.items())
    return (
        f"{day['per_second']} lists a second from two processes, with bulk imports, changes of items, a retraining and "
        f"a rollback beside them: {day['errors']} errors in {day['lists']:,}, half within {day['p50_ms']:.0f} ms, 99 % "
        f"within {day['p99_ms']:.0f} ms ({said}). That is with two cores for all of it; with 16 cores, 99 % are within "
        f"{wide['p99_ms']:.0f} ms (`service_day_16_cores.json`, {wide['lists']:,} lists)"
    )


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
