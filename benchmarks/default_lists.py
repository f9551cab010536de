"""The default recommender's lists beside single models, other libraries and recent popularity.

    python benchmarks/default_lists.py shipped tweets rolling held_out     # all parts, or some of them
    python benchmarks/default_lists.py held_out:shipped                    # one data set of held_out

shipped: the lesson's split; the default with and without genres, its own parts, EASE alone and popularity, and the
training times. tweets: a random split of MovieTweetings with implicit and LensKit beside, both tuned on a tenth of the
training rows. The question is that of gaps, not of what comes next, so the ranker is fitted on random rows too
(cut="random"). rolling: six weekly cuts of MovieTweetings, recall of everything chosen in the next seven days, beside
popularity of several windows. held_out: users who are not in training, with 80 % of their rows folded in (Liang et al.
2018, section 4.3), on the shipped ratings and on a sample of goodbooks, beside EASE and every library of
`list_rivals.py` that is installed, each with the settings that `tuning.py` finds on other held-out users; they get the
liked rows alone. `scripts/rivals-environment` installs the libraries; tweets needs implicit and LensKit.
"""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from external.implicit_adapter import ImplicitAdapter
from external.lenskit_adapter import LensKitAdapter
from list_models import ListModel
from list_quality import renumbered
from list_rivals import EASE, RIVALS, installed
from penchant.data.liked import liked_from
from penchant.data.ratings import Grouped, Ratings
from penchant.data.splitting import Split
from penchant.data.vocabulary import Vocabulary
from penchant.evaluation.comparison.cross_validation import cross_validate
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.metrics.full_ranking import ItemSets, rank_items
from penchant.metrics.intervals import UserSums, paired_difference
from penchant.metrics.ranking import ndcg
from penchant.metrics.split_sums import interval_of
from tuning import Validated, tuned

RESULTS = Path(__file__).parent / "results" / "default_lists.json"
BOOKS = Path(__file__).parent / "data" / "goodbooks-10k" / "ratings.parquet"
SEED, REPLICATES, LEVEL = 0, 2000, 0.95
BY = {"by": "ndcg@10", "seeds": [SEED]}
HELD = {"shipped": 300, "goodbooks": 2000}
"""Held-out users; half of them choose settings and half are tested."""
WIDTHS = {"shipped": (32, 64, 128), "goodbooks": (64, 128, 256), "tweets": (64, 128)}


def shipped() -> dict[str, Any]:
    split = pt.split.random(pt.movielens(), test=0.2, seed=42)
    seconds, models = {}, {}
    for name in ("bayes", None):
        started = time.perf_counter()
        models[name] = pt.train(split.train, name, seed=SEED)
        seconds[name or "default"] = time.perf_counter() - started
    found = pt.compare([models[None], "ease"], split, **BY)
    print(found, seconds, sep="\n\n")
    without = replace(split, train=_plain(split.train), test=_plain(split.test))
    plain = pt.compare([pt.train(without.train, seed=SEED), "ease"], without, **BY)
    print(plain)
    return {
        "with genres": found.to_json(), "ids alone": plain.to_json(), "seconds": seconds,
        "ranker": models[None].ranker.to_json(),
    }  # fmt: skip


def _plain(ratings: Ratings) -> Ratings:
    return replace(ratings, user_features=None, item_features=None)


def tweets() -> dict[str, Any]:
    split = pt.split.random(_plain(pt.movietweetings()), test=0.2, seed=42)
    others = [
        _tuned(kind, next(one for one in RIVALS if one.name == name), split)
        for kind, name in ((ImplicitAdapter, "implicit ALS"), (LensKitAdapter, "LensKit ImplicitMF"))
    ]
    model = pt.train(split.train, seed=SEED, cut="random")
    found = pt.compare([model, "sparse_ease", "ease", "implicit_als", "als", *others], split, **BY)
    print(found)
    chosen = {one.label: one.settings for one in others}
    return {"comparison": found.to_json(), "settings": chosen, "ranker": model.ranker.to_json()}


def _tuned(kind: Any, one: ListModel, split: Split) -> Any:
    """An external model with the settings that `tuning.py` finds on a tenth of the training rows."""
    inner = pt.split.random(split.train, test=0.1, seed=1)

    def value(settings: Mapping[str, Any]) -> float:
        found = pt.compare([kind(one.name, **settings)], inner, replicates=10, **BY)
        return float(found.metrics[one.name]["ndcg@10"].value)

    return kind(one.name, **tuned(one, WIDTHS["tweets"], _kept(one, value))[0])


def rolling() -> dict[str, Any]:
    found = cross_validate(pt.split.rolling(pt.movietweetings(), cuts=6), seed=SEED)
    name, rows = "recall@10", {}
    first = found.score_of("bayes+sparse_ease, by choice").sums[name]
    ours = first.samples(seed=SEED, replicates=REPLICATES, splits=True)
    for one in found.scores:
        if name in one.sums:
            sums = one.sums[name]
            gaps = ours - sums.samples(seed=SEED, replicates=REPLICATES, splits=True)
            gain = interval_of(first.pooled.value - sums.pooled.value, gaps, LEVEL)
            rows[one.label] = {
                "value": sums.pooled.value, "by cut": sums.by_split.tolist(), "by choice minus it": gain.to_json()
            }  # fmt: skip
            print(one.label, rows[one.label])
    return {"recall@10 of all choices": rows, "result": found.to_json()}


def held_out(data: str = "") -> dict[str, Any]:
    return {name: _held_out(name) for name in ([data] if data else HELD)}


def _held_out(name: str) -> dict[str, Any]:
    ratings, rng = _table(name), np.random.default_rng(SEED)
    liked = liked_from(ratings.values)
    likes = np.bincount(ratings.user_numbers[ratings.values >= liked], minlength=ratings.n_users)
    held = rng.permutation(np.flatnonzero(likes >= 5))[: HELD[name]]
    rows = np.isin(ratings.user_numbers, held)
    hidden = rows & (rng.random(len(ratings)) < 0.2)
    train, given, wanted = ratings.take(~rows), ratings.take(rows & ~hidden), ratings.take(hidden)
    trained_on = np.bincount(train.item_numbers, minlength=ratings.n_items) > 0
    wanted = wanted.take((wanted.values >= liked) & trained_on[wanted.item_numbers])
    given = given.take(trained_on[given.item_numbers])
    validation, test = (np.intersect1d(half, wanted.user_numbers) for half in np.array_split(held, 2))
    model = pt.train(train, seed=SEED)
    found = {f"default by {by}": _ndcg(_places(model, given, test, by), given, wanted, test) for by in
             ("combined", "choice", "rating")}  # fmt: skip
    popular = np.bincount(train.item_numbers, minlength=ratings.n_items).astype(float)
    found["popular"] = _ndcg(np.repeat(popular[None], len(test), axis=0), given, wanted, test)
    positive, chosen = (train.take(train.values >= liked), given.take(given.values >= liked)), {}
    for one in [EASE, *(one for one in installed() if name == "shipped" or not one.too_large)]:
        settings, tried = tuned(one, WIDTHS[name], _validated(one, *positive, given, wanted, validation))
        started = time.perf_counter()
        scores = _scores(one, *positive, settings, test)
        chosen[one.name] = {"settings": settings, "validation": tried, "seconds": time.perf_counter() - started}
        found[one.name] = _ndcg(scores, given, wanted, test)
    rows_of, first = {}, found["default by combined"]
    for label, values in found.items():
        gain = paired_difference(
            UserSums(first, np.ones(len(test))), UserSums(values, np.ones(len(test))),
            rng=np.random.default_rng(SEED), replicates=REPLICATES, level=LEVEL,
        )  # fmt: skip
        rows_of[label] = {
            "ndcg@100": float(values.mean()),
            "default minus it": vars(gain),
            **chosen.get(label, {}),
        }
        print(name, len(test), label, rows_of[label], flush=True)
    return {"users": len(test), "training rows": len(train), "models": rows_of, "ranker": model.ranker.to_json()}


def _table(name: str) -> Ratings:
    if name == "shipped":
        return _plain(pt.movielens())
    ratings = Ratings.from_parquet(BOOKS, user="user", item="item", rating="rating")
    chosen = np.random.default_rng(SEED).permutation(ratings.n_users)[:12_000]
    return ratings.take(np.isin(ratings.user_numbers, chosen))


def _places(model: pt.Recommender, given: Ratings, users: np.ndarray, by: Any) -> np.ndarray:
    """Scores (B, I) that put the first 100 items of each user's list in the list's order."""
    table, by_user, ids = np.zeros((len(users), given.n_items)), given.by_user(), given.items.ids.tolist()
    place = {one: number for number, one in enumerate(ids)}
    for row, user in enumerate(users):
        numbers, values = by_user.row(user)
        state = model.fold_in(dict(zip([ids[at] for at in numbers], values.tolist(), strict=True)))
        listed = [place[one] for one in state.recommend(100, by=by).ids]
        table[row, listed] = 100 - np.arange(len(listed))
    return table


def _validated(
    one: ListModel, train: Ratings, positive: Ratings, given: Ratings, wanted: Ratings, users: np.ndarray
) -> Validated:
    """NDCG@100 of the validation users. positive: the given rows that models fold in."""

    def value(settings: Mapping[str, Any]) -> float:
        return float(_ndcg(_scores(one, train, positive, settings, users), given, wanted, users).mean())

    return _kept(one, value)


def _kept(one: ListModel, value: Validated) -> Validated:
    """The same function; every setting is run once."""
    kept: dict[Any, float] = {}

    def found(settings: Mapping[str, Any]) -> float:
        key = tuple(sorted(settings.items()))
        if key not in kept:
            kept[key] = value(settings)
            print(f"  {one.name} {dict(settings)} {kept[key]:.4f}", flush=True)
        return kept[key]

    return found


def _scores(
    one: ListModel, train: Ratings, given: Ratings, settings: Mapping[str, Any], users: np.ndarray
) -> np.ndarray:
    """Scores (B, I) of a model that gets the items with training rows only, numbered from 0; others are last."""
    known = np.unique(train.item_numbers)
    rows = renumbered(train, np.unique(train.user_numbers))
    places = np.searchsorted(known, rows.item_numbers).astype(np.int32)
    rows = replace(rows, item_numbers=places, items=Vocabulary(known))
    kept = given.take(np.isin(given.user_numbers, users) & np.isin(given.item_numbers, known))
    owners, items = np.searchsorted(users, kept.user_numbers), np.searchsorted(known, kept.item_numbers)
    histories = Grouped.build(owners, items.astype(np.int32), np.ones(len(kept), np.float32), len(users))
    found = np.asarray(one.scored(rows, histories, settings, SEED)(np.arange(len(users))), np.float64)
    table = np.full((len(users), given.n_items), found.min() - 1.0)
    table[:, known] = found
    return table


def _ndcg(scores: np.ndarray, given: Ratings, wanted: Ratings, users: np.ndarray) -> np.ndarray:
    """NDCG@100 of each user, (B,); the items folded in are no candidates."""
    place, sets = np.full(given.n_users, -1), []
    place[users] = np.arange(len(users))
    for part in (given, wanted):
        rows = place[part.user_numbers]
        sets.append(ItemSets.build(rows[rows >= 0], part.item_numbers[rows >= 0], len(users))[0])
    ranks = rank_items(lambda at: scores[at], np.arange(len(users)), relevant=sets[1], excluded=sets[0], depth=100)
    return ndcg(ranks, 100)


PARTS = {"shipped": shipped, "tweets": tweets, "rolling": rolling, "held_out": held_out}


def main() -> None:
    asked = sys.argv[1:] or list(PARTS)
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results |= {
        "command": shlex.join(["python", "benchmarks/default_lists.py", *PARTS]),
        "machine": machine(), "seed": SEED,
        "versions": versions(["numpy", "scipy", "numba", *dict.fromkeys(one.distribution for one in RIVALS)]),
    }  # fmt: skip
    for one in asked:
        started, (name, _, data) = time.perf_counter(), one.partition(":")
        results[name] = {**results.get(name, {}), **held_out(data)} if data else PARTS[name]()
        print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)
        RESULTS.write_text(json.dumps(results, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main()
