"""How do the untouched defaults do under the protocols that papers use?

    python benchmarks/standard.py                            # MovieLens 100K, u1 to u5
    python benchmarks/standard.py --folder path/to/ml-20m    # the original folder of another data set

Known folders: MovieLens small, 100K, 1M, 10M, 20M, 25M and 32M, Netflix, goodbooks-10k, MovieTweetings. Without a
folder, MovieLens 100K comes from a package of PyPI. No setting is chosen by hand: every model has its defaults, and the
seed is 0.

Ratings (RMSE, predictions within the scale). MovieLens 100K: test rows are the five consecutive fifths of u.data in its
order, which are u1.test to u5.test (sorted there by user). Netflix: the probe rows. Other data: random 90/10 in ten
folds. Test pairs of unknown users or items count.
Lists (held-out users, Liang et al. 2018, arXiv 1802.05814): see `list_quality.py`; here no validation user is used. A
rating of 4 of 5 or more is a positive interaction, on MovieTweetings 8 of 10.
Time (MovieTweetings, whose times are those of watching): the latest tenth of the ratings is the test. RMSE of all its
rows, and recall@10 of what its known users liked; most of its users or films are new, so the figures are low.

Every fold is written when it is done; a run that was stopped continues. The mean over folds has a 95 % t-interval,
which says how much the folds differ, not how another data set would do. Published figures are quoted with their source;
their settings were tuned, and where the split differs it says so.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t as student

import penchant as pt
from list_models import ease, popularity
from list_quality import FEWEST, LIKED, HeldOut, metrics_of, renumbered
from penchant.data.splitting import Split, split_rows
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.metrics.full_ranking import ItemSets, rank_items
from standard_data import StandardData, movielens_100k, read_folder

HERE = Path(__file__).parent
FOLDS, SEED, LEVEL = 10, 0, 0.95
HELD_OUT = {"MovieLens 20M": 10_000, "MovieLens 25M": 10_000, "MovieLens 32M": 10_000, "Netflix": 40_000}
TIMED = ("MovieTweetings",)
"""Data whose times are those of a choice."""
OTHERWISE = 5
"""One user in so many is held out for lists at most; 10,000 of data sets that are not named above."""
MODELS: dict[str, Callable[..., Any]] = {"ease": ease, "popularity": popularity}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="the original folder of a data set; left out: MovieLens 100K")
    parser.add_argument("--only", choices=("ratings", "lists", "time"), help="one of the protocols")
    parser.add_argument("--folds", type=int, help="only the first folds")
    parser.add_argument("--out", type=Path, help="the result file; left out: results/standard-<data>.json")
    asked = parser.parse_args()
    data = movielens_100k(None) if asked.folder is None else read_folder(asked.folder)
    out = asked.out or HERE / "results" / f"standard-{data.name.lower().replace(' ', '-')}.json"
    rows = json.loads(out.read_text())["rows"] if out.exists() else []
    protocols = {"ratings": rating_folds, "lists": list_folds, "time": latest_tenth}
    for protocol in [asked.only] if asked.only else protocols:
        for row in protocols[protocol](data, rows, asked.folds):
            rows.append(row)
            write(out, data, rows)
            print(row, flush=True)
    for line in [*summary(rows), *published(data.name)]:
        print(line)


def rating_folds(data: StandardData, done: list[dict[str, Any]], folds: int | None) -> Iterator[dict[str, Any]]:
    """One row for each fold and input that is not done yet."""
    finished = {(row["inputs"], row["fold"]) for row in done if row["protocol"] == "ratings"}
    for fold, held in rating_tests(data)[:folds]:
        for inputs, ratings in inputs_of(data.ratings).items():
            if (inputs, fold) in finished:
                continue
            split = split_rows(ratings, held, question="how well are ratings predicted?", name=f"{data.name} {fold}")
            started = time.perf_counter(), time.process_time()
            model = pt.train(split.train, "bayes", seed=SEED)
            seconds, processor = time.perf_counter() - started[0], time.process_time() - started[1]
            row = {"protocol": "ratings", "model": "bayes", "inputs": inputs, "fold": fold, "rmse": rmse(model, split)}
            yield row | {"seconds": seconds, "cpu_seconds": processor, "test_rows": len(split.test)}


def rating_tests(data: StandardData) -> list[tuple[str, np.ndarray]]:
    """The test rows of each fold, by the name of the fold."""
    rows = len(data.ratings)
    if data.name == "MovieLens 100K":
        return [(f"u{n}", part) for n, part in enumerate(np.array_split(np.arange(rows), 5), 1)]
    if data.probe is not None:
        return [("probe", data.probe)]
    order = np.random.default_rng(SEED).permutation(rows)
    return [(f"fold {n}", np.sort(part)) for n, part in enumerate(np.array_split(order, FOLDS), 1)]


def inputs_of(ratings: pt.Ratings) -> dict[str, pt.Ratings]:
    """The ratings with ids only, and with each kind of features that the data set has."""
    from dataclasses import replace

    found = {"ids": replace(ratings, item_features=None, user_features=None)}
    if ratings.item_features is not None:
        found["genres, year"] = replace(ratings, user_features=None)
    if ratings.user_features is not None:
        found["genres, year, age, gender, occupation"] = ratings
    return found


def rmse(model: pt.Recommender, split: Split) -> float:
    test = split.test
    predicted = model.predict(test.users.take(test.user_numbers), test.items.take(test.item_numbers)).mean
    return float(np.sqrt(np.mean((predicted - test.values.astype(np.float64)) ** 2)))


def list_folds(data: StandardData, done: list[dict[str, Any]], folds: int | None) -> Iterator[dict[str, Any]]:
    """One row for each choice model that is not done yet."""
    finished = {row["model"] for row in done if row["protocol"] == "lists"}
    missing = [name for name in MODELS if name not in finished]
    if not missing:
        return
    train, held = held_out(data)
    given = ItemSets(held.given.starts, held.given.numbers)
    for name in missing:
        started = time.perf_counter()
        scores = MODELS[name](train, held.given, {}, SEED)
        seconds = time.perf_counter() - started
        ranks = rank_items(scores, np.arange(len(given)), relevant=held.hidden, excluded=given, depth=1)
        found = {metric: float(values.mean()) for metric, values in metrics_of(ranks).items()}
        yield {"protocol": "lists", "model": name, "users": len(given), "seconds": seconds} | found


def latest_tenth(data: StandardData, done: list[dict[str, Any]], folds: int | None) -> Iterator[dict[str, Any]]:
    """Rows of the default and of its baselines for the latest tenth."""
    if data.name not in TIMED or any(row["protocol"] == "time" for row in done):
        return
    split = pt.split.temporal(data.ratings, test=0.1)
    found = pt.compare([pt.train(split.train, seed=SEED)], split, by="recall@10", seeds=[SEED])
    for one in found.to_json()["models"]:
        metrics = {name: one["metrics"][name]["value"] for name in ("rmse", "recall@10") if name in one["metrics"]}
        yield {"protocol": "time", "model": one["label"], "test_rows": len(split.test)} | metrics


def held_out(data: StandardData) -> tuple[pt.Ratings, HeldOut]:
    """Training interactions, and the held-out users with 80 % of their items given."""
    positives = data.ratings.take(data.ratings.values >= LIKED * (2 if data.ratings.scale.high > 5 else 1))
    rng = np.random.default_rng(SEED)
    users = rng.permutation(np.flatnonzero(positives.by_user().counts >= FEWEST))
    held = users[: min(HELD_OUT.get(data.name, 10_000), len(users) // OTHERWISE)]
    training = np.setdiff1d(users, held)
    train = renumbered(positives.take(np.isin(positives.user_numbers, training)), training)
    known = np.bincount(train.item_numbers, minlength=positives.n_items) > 0
    findable = positives.take(known[positives.item_numbers])
    return train, HeldOut.of(findable, held[findable.by_user().counts[held] >= FEWEST], rng)


PUBLISHED: dict[str, tuple[tuple[str, str, float, str], ...]] = {
    "MovieLens 100K": (
        ("rmse u1", "myFM, ordered probit, item and user columns", 0.8808, "myFM documentation"),
        ("rmse u1", "myFM, regression, item and user columns", 0.8833, "myFM documentation"),
        ("rmse u1", "GLocal-K, ids only", 0.8889, "Han et al. 2021, arXiv 2108.12184"),
    ),
    "MovieLens 1M": (("rmse", "GLocal-K, ids only, one random 90/10 split", 0.8227, "Han et al. 2021"),),
    "MovieLens 20M": (
        ("ndcg@100", "EASE", 0.420, "Steck 2019, arXiv 1905.03375"),
        ("ndcg@100", "Mult-VAE", 0.426, "Liang et al. 2018, arXiv 1802.05814"),
        ("ndcg@100", "RecVAE", 0.442, "Shenbin et al. 2020, arXiv 1912.11160"),
        ("ndcg@100", "VASP", 0.448, "Vančura and Kordík 2021, arXiv 2102.05774"),
    ),
    "goodbooks-10k v2": (
        ("ndcg@100", "EASE", 0.482, "Vančura et al. 2022, RecSys, Scalable Linear Shallow Autoencoder"),
        ("ndcg@100", "ELSA", 0.489, "Vančura et al. 2022, RecSys, Scalable Linear Shallow Autoencoder"),
    ),
    "Netflix": (
        ("ndcg@100", "EASE", 0.393, "Steck 2019, arXiv 1905.03375"),
        ("ndcg@100", "Mult-VAE", 0.386, "Liang et al. 2018, arXiv 1802.05814"),
    ),
}
"""Metric, model, value, source; the list metrics are on held-out users of another random draw."""


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mean over folds of each input, with its interval where there are two folds or more."""
    found = []
    for inputs in dict.fromkeys(row["inputs"] for row in rows if row["protocol"] == "ratings"):
        values = np.array([row["rmse"] for row in rows if row.get("inputs") == inputs])
        line = {"inputs": inputs, "folds": len(values), "rmse": float(values.mean())}
        if len(values) > 1:
            half = student.ppf((1 + LEVEL) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
            line |= {"low": line["rmse"] - float(half), "high": line["rmse"] + float(half)}
        found.append(line)
    return found


def published(data: str) -> list[dict[str, Any]]:
    return [dict(zip(("metric", "model", "value", "source"), one, strict=True)) for one in PUBLISHED.get(data, ())]


def write(out: Path, data: StandardData, rows: list[dict[str, Any]]) -> None:
    found = {
        "question": "How do the untouched defaults do under the protocols that papers use?",
        "data": data.name,
        "command": shlex.join(["python", *sys.argv]),
        "protocol": __doc__,
        "versions": versions(("numpy", "scipy", "numba")),
        "machine": machine(),
        "seed": SEED,
        "mean": summary(rows),
        "published": published(data.name),
        "rows": rows,
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_suffix(".new")
    fresh.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    fresh.replace(out)


if __name__ == "__main__":
    main()
