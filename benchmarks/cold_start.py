"""How well does somebody new fare, without retraining?

    python benchmarks/cold_start.py                                 # every part on the lesson's ratings
    python benchmarks/cold_start.py --part fold_in --data goodbooks # one part, on goodbooks-10k

fold_in: a tenth of the users (then of the items) is hidden whole; some of their ratings are given, up to 20 are kept
out of the test, and the rest is foretold. Folded in by a model that never met them, against the same model retrained
with the given ratings. The ratio's interval samples users anew.
quadrants: a fifth of the users and of the items hidden at once, by given ratings, in five splits whose pairs are pooled
(on goodbooks in one, and without peers). myFM, cmfrec and LightFM are trained anew with the given ratings and have the
same genres and years; LightFM orders items and foretells no ratings. "less best baseline" is beside whichever of three
baselines did best on those very pairs.
onboarding: a fifth of the users hidden, in five splits pooled; half of each one's ratings are what they can answer
about, the other half is foretold. Once, five
items are chosen among those they can answer about, which nobody could know; once, twenty items of the catalogue are
asked about, five a screen, and only those they have rated are answered.
Test pairs with unseen items count throughout. Nothing here was tuned on these rows: every setting is the default.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from peers.newcomers import quadrant_peers
from penchant.data.feature_join import attach_features
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split, cold_items, cold_users
from penchant.evaluation.report.protocol import versions
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.metrics.intervals import UserSums, paired_difference
from penchant.recommending.elicitation import questions
from penchant.recommending.recommender import Model
from penchant.recommending.user_state import UserState, newcomer
from quadrant_race import race, with_given

ROOT = Path(__file__).parents[1]
SEED, KEPT_OUT, REPLICATES = 42, 20, 1000
PEERS_UP_TO = 200_000
"""Ratings up to which other libraries are trained anew for each number of given ratings."""
MODELS = ("baseline", "als", "dot_bias", "bayes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=sorted(PARTS), action="append")
    parser.add_argument("--data", choices=("lesson", "goodbooks"), default="lesson")
    parser.add_argument("--suffix", default="", help="of the results' file name")
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--splits", type=int, default=5, help="samples of newcomers whose test pairs are pooled")
    asked = parser.parse_args()
    ratings = data(asked.data)
    path = ROOT / "benchmarks" / "results" / f"cold_start_{asked.data}{asked.suffix}.json"
    path.parent.mkdir(exist_ok=True)
    found = json.loads(path.read_text()) if path.exists() else {}
    for part in asked.part or sorted(PARTS):
        found[part] = {
            "command": shlex.join(["python", *sys.argv]),
            "versions": versions(("numpy", "numba", "torch", "myfm", "cmfrec", "lightfm-next")),
            "protocol": f"{asked.data}, {len(ratings):,} ratings, split seed {SEED}, training seed 0",
            "lines": [],
        }
        for line in PARTS[part](ratings, asked):  # written as they come, so that a broken run leaves what it has
            found[part]["lines"].append(line)
            path.write_text(json.dumps(found, indent=1) + "\n")


def data(name: str) -> Ratings:
    """The shipped MovieLens ratings, or goodbooks-10k with what its books' list says before anybody rates them."""
    if name == "lesson":
        return pt.movielens()
    import polars as pl

    folder = ROOT / "benchmarks" / "data" / "goodbooks-10k"
    ratings = Ratings.from_parquet(folder / "ratings.parquet", user="user", item="item", rating="rating")
    books = pl.read_csv(folder / "books.csv").select(
        pl.col("id").alias("item"),
        pl.col("authors").str.split(", "),
        pl.col("original_publication_year").alias("year"),
        pl.col("language_code").alias("language"),
        "title",
    )
    return attach_features(ratings, items=books)


# --- folding in against retraining --------------------------------------------------------------------------------


def fold_in(ratings: Ratings, asked: argparse.Namespace) -> Any:
    """One line for each side hidden, model and number given."""
    for side, hide in (("users", cold_users), ("items", cold_items)):
        splits = {given: hide(ratings, given=given, reserve=KEPT_OUT, seed=SEED) for given in (5, 10, 20)}
        for name in asked.models:
            model = pt.train(splits[5].train, name)
            for given, split in splits.items():
                joined = with_given(split)
                retrained = errors(pt.train(joined.train, name), joined)
                folded = errors(model, split)
                gap = paired_difference(folded, retrained, rng=_rng(), replicates=REPLICATES, level=0.95)
                line = {
                    "hidden": side,
                    "model": name,
                    "given": given,
                    "test rows": len(split.test),
                    "folded in": folded.value,
                    "retrained": retrained.value,
                    "ratio": folded.value / retrained.value,
                    "difference": [gap.value, gap.low, gap.high],
                }
                yield _told(line)


def errors(model: Model, split: Split) -> UserSums:
    """The RMSE on the test rows, by user."""
    said = RecommenderScorer(model, split).predict(split.test.user_numbers, split.test.item_numbers)
    return _sums(np.asarray(said.mean), split.test)


def _sums(predicted: np.ndarray[Any, Any], test: Ratings) -> UserSums:
    squares = np.square(predicted.astype(np.float64) - test.values)
    return UserSums.pooled(squares, test.user_numbers, test.n_users, link="root")


# --- four quadrants -----------------------------------------------------------------------------------------------


def four_quadrants(ratings: Ratings, asked: argparse.Namespace) -> Any:
    """One line for each quadrant, number given and contestant."""
    small = len(ratings) <= PEERS_UP_TO
    seeds = range(SEED, SEED + (asked.splits if small else 1))
    for line in race(ratings, asked.models, seeds, KEPT_OUT, quadrant_peers if small else lambda split: []):
        yield _told(line)


# --- which items to ask about -------------------------------------------------------------------------------------


def onboarding(ratings: Ratings, asked: argparse.Namespace) -> Any:
    """One line for each way of choosing five items: the error on the other half of the hidden users' ratings."""
    splits = [_asked(ratings, seed) for seed in range(SEED, SEED + asked.splits)]
    for protocol, ways in PROTOCOLS.items():
        sums = {}
        for name in ways:
            parts = [one[protocol, name] for one in splits]
            squares, owners = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
            sums[name] = UserSums.pooled(squares, owners, ratings.n_users, link="root")
        for name, one in sums.items():
            gap = paired_difference(sums["penchant"], one, rng=_rng(), replicates=REPLICATES, level=0.95)
            answers = np.concatenate([one[protocol, name][2] for one in splits])
            line = {
                "protocol": protocol,
                "asked": name,
                "newcomers": len(answers),
                "answers": float(answers.mean()),
                "rmse": one.value,
                "penchant less this": [gap.value, gap.low, gap.high],
            }
            yield _told(line)


def _asked(ratings: Ratings, seed: int) -> dict[tuple[str, str], tuple[Any, Any, Any]]:
    """For each protocol and way of choosing: squared errors, whose they are, and how many answers each user gave."""
    split = cold_users(ratings, test=0.2, given=10**6, reserve=10**6, seed=seed)
    assert split.given is not None
    model = pt.train(split.train, "bayes")
    pools, tests = split.given.by_user(), split.test.by_user()
    people = [u for u in np.flatnonzero(tests.counts) if pools.counts[u] >= 10]
    own = ratings.users.numbers(split.test.users.ids)
    found = {}
    for protocol, ways in PROTOCOLS.items():
        for name, choose in ways.items():
            squares, owners, answers, rng = [], [], [], _rng()
            for user in people:
                numbers, values = pools.row(user)
                met = numbers < len(model.trained.items)
                numbers, values = numbers[met], values[met]
                at = choose(model, numbers, values, rng)
                wanted, truth = tests.row(user)
                visitor = _answered(model, numbers[at], values[at])
                said = visitor.predict_numbers(wanted, item_features=split.test.item_features)
                squares.append(np.square(said.mean.astype(np.float64) - truth))
                owners.append(np.full(len(truth), own[user]))
                answers.append(len(at))
            found[protocol, name] = np.concatenate(squares), np.concatenate(owners), np.array(answers)
    return found


def _answered(model: Model, numbers: Any, values: Any) -> UserState:
    """Somebody who was asked about these items: that they rated them says nothing of taste."""
    return newcomer(model, numbers, values, history=np.empty(0, np.int32))


Chooser = Callable[[Model, Any, Any, np.random.Generator], Any]


def _informative(model: Model, numbers: Any, values: Any, rng: np.random.Generator) -> list[int]:
    """One item they know at a time, each after the answer to the last."""
    chosen: list[int] = []
    for _ in range(5):
        visitor = _answered(model, numbers[chosen], values[chosen])
        others = np.setdiff1d(np.arange(len(model.trained.items)), np.delete(numbers, chosen)).astype(np.int32)
        asked = questions(model.trained, visitor.rows, visitor.posterior, others, 1, sure=True, stakes=model.stakes)
        number = model.trained.items.vocabulary.number(asked[0].item)
        chosen.append(int(np.flatnonzero(numbers == number)[0]))
    return chosen


def _screens(model: Model, numbers: Any, values: Any, rng: np.random.Generator) -> Any:
    """Four screens of five questions, each after the answers to the last."""
    asked = np.empty(0, np.int32)
    at = np.empty(0, np.int64)
    for _ in range(4):
        visitor = _answered(model, numbers[at], values[at])
        more = questions(model.trained, visitor.rows, visitor.posterior, asked, 5, stakes=model.stakes)
        asked = np.append(asked, model.trained.items.vocabulary.numbers([one.item for one in more]))
        at = np.flatnonzero(np.isin(numbers, asked))
    return at


def _spread(model: Model) -> np.ndarray[Any, Any]:
    """How much training's ratings of each item differ, (I,), where there are twenty or more."""
    known, size = model.trained.interactions, len(model.trained.items)
    counts = np.maximum(np.bincount(known.items, minlength=size), 1)
    mean = np.bincount(known.items, weights=known.values, minlength=size) / counts
    variance = np.bincount(known.items, weights=np.square(known.values, dtype=np.float64), minlength=size) / counts
    return np.where(counts >= 20, variance - mean**2, 0.0)


def _highest(of: Callable[[Model], Any]) -> Chooser:
    """The five of their own for which a figure of the item is highest."""
    return lambda model, numbers, values, rng: np.argsort(-of(model)[numbers], kind="stable")[:5]


def _twenty(of: Callable[[Model], Any]) -> Chooser:
    """Those of their own among the twenty items for which a figure of the item is highest."""
    return lambda model, numbers, values, rng: np.flatnonzero(
        np.isin(numbers, np.argsort(-of(model), kind="stable")[:20])
    )


def _popularity(model: Model) -> Any:
    return model.trained.items.counts


CHOSEN: dict[str, Chooser] = {
    "nothing": lambda model, numbers, values, rng: np.empty(0, np.int64),
    "random": lambda model, numbers, values, rng: rng.choice(len(numbers), 5, replace=False),
    "most popular": _highest(_popularity),
    "most contested": _highest(_spread),
    "penchant": _informative,
}
ASKED: dict[str, Chooser] = {
    "random": lambda model, numbers, values, rng: np.flatnonzero(
        np.isin(numbers, rng.choice(len(model.trained.items), 20, replace=False))
    ),
    "most popular": _twenty(_popularity),
    "most contested": _twenty(_spread),
    "penchant": _screens,
}
PROTOCOLS = {"five of their own": CHOSEN, "twenty asked": ASKED}
PARTS: dict[str, Callable[[Ratings, argparse.Namespace], Any]] = {
    "fold_in": fold_in,
    "quadrants": four_quadrants,
    "onboarding": onboarding,
}


def _rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


def _told(line: dict[str, Any]) -> dict[str, Any]:
    print({name: round(v, 4) if isinstance(v, float) else v for name, v in line.items()}, flush=True)
    return line


if __name__ == "__main__":
    main()
