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


def tweets_rows() -> list[list[Any]]:
    """Random rows of a table of recent choices: the default and the best others."""
    models = [one for one in result("default_lists")["tweets"]["comparison"]["models"] if "ndcg@10" in one["metrics"]]
    models.sort(key=lambda one: -one["metrics"]["ndcg@10"]["value"])
    return [[_label(one["label"]), _interval(one["metrics"]["ndcg@10"])] for one in models if _shown(one["label"])]


def rolling_rows() -> list[list[Any]]:
    """Recall@10 of the next week's choices over weekly cuts."""
    found = result("default_lists")["rolling"]["recall@10 of all choices"]
    ordered = sorted(found.items(), key=lambda one: -one[1]["value"])
    return [[_label(label), float(one["value"])] for label, one in ordered if _shown(label)]


def _shown(label: str) -> bool:
    return label not in ("baseline", "als", "mean")


def is_default(label: str) -> bool:
    return "+" in label and ", by " not in label


def _label(label: str) -> str:
    return f"{label}, the default" if is_default(label) else label


def title_of(data: str) -> str:
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

QUADRANTS = {"new_user": "new users", "new_item": "new films", "both_new": "new users, new films"}


def cold_rows() -> list[list[Any]]:
    """RMSE by what is new and how many ratings it has: bayes by fold-in, the others trained again."""
    rows = [row for row in result("cold_start_lesson")["quadrants"]["rows"] if row.get("rmse")]
    shown = {name: [] for name in ("bayes", "dot_bias", "myFM history+genres+years", "cmfrec offsets")}
    heads = [(quadrant, given) for quadrant in QUADRANTS for given in (0, 5, 20)]
    for name, cells in shown.items():
        for quadrant, given in heads:
            found = [r for r in rows if (r["model"], r["quadrant"], r["given"]) == (name, quadrant, given)]
            cells.append(float(found[0]["rmse"][0]) if found else "")
    return [
        [f"{QUADRANTS[quadrant]}, {given} ratings", *(shown[name][n] for name in shown)]
        for n, (quadrant, given) in enumerate(heads)
    ]


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
        "lists of ten for 6,040 users, 3,706 items", f"{lists['penchant']:,} users/s",
        f"implicit {lists['implicit']:,} users/s",
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
    said = _lists_lost()
    choice = result("choice_models")
    rusket = choice["implicit_als"]["rusket"]
    best = min(row["loss"] for row in choice["implicit_als"]["ours"] if row["seconds"] <= rusket["seconds"])
    if rusket["loss"] < best:
        said.append(
            f"In the time of five of its iterations, rusket's implicit ALS reaches a loss of {rusket['loss']:,.0f}; "
            f"ours reaches {best:,.0f} (`choice_models.json`)."
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
                f"For {QUADRANTS.get(row['quadrant'], 'known pairs')} with {row['given']} ratings, {row['model']} has "
                f"the lower RMSE: {row['rmse'][0]:.4f} (`cold_start_lesson.json`)."
            )
    speed = result("service")["speed"]
    said.append(
        f"A request costs more than a bare endpoint of the same framework: {mean(speed['service']):,.0f} answers a "
        f"second against {mean(speed['bare']):,.0f} (`service.json`)."
    )
    return said


def _lists_lost() -> list[str]:
    """Where the default's lists are not the best of their comparison."""
    lists, said = result("default_lists"), []
    tweets = {one["label"]: one["metrics"]["ndcg@10"]["value"] for one in lists["tweets"]["comparison"]["models"]
              if "ndcg@10" in one["metrics"]}  # fmt: skip
    weeks = {label: one["value"] for label, one in lists["rolling"]["recall@10 of all choices"].items()}
    for what, found in (("Random rows of MovieTweetings, NDCG@10", tweets), ("Next week, recall@10", weeks)):
        default = next(value for label, value in found.items() if is_default(label))
        better = {label: value for label, value in found.items() if value > default and "+" not in label}
        if better:
            others = ", ".join(f"{label} {value:.4f}" for label, value in better.items())
            said.append(f"{what}: the default has {default:.4f}; better are {others} (`default_lists.json`).")
    return said


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
