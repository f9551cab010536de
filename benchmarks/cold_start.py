"""How accurate are predictions for new users and items, without retraining?

    python benchmarks/cold_start.py                                 # every part on the lesson's ratings
    python benchmarks/cold_start.py --part fold_in --data goodbooks # one part, on goodbooks-10k

fold_in: all ratings of a tenth of the users (then of the items) are hidden. Some of these ratings are given, up to 20
are kept out of the test, and the others are predicted. A model trained without the new users folds them in; it is
compared with the same model retrained with the given ratings. Intervals are over users.
quadrants: a fifth of the users and a fifth of the items are hidden, by number of given ratings, in five splits whose
pairs are pooled (on goodbooks one split, without external models). myFM, cmfrec and LightFM are retrained with the
given ratings and have the same genres and years; LightFM ranks items and predicts no ratings. "less best baseline"
compares with the best of three baselines on the same pairs.
elicitation: a fifth of the users are hidden, in five pooled splits. Half of each user's ratings are the answers they
can give; the other half is predicted. In one protocol, five items are chosen among those the user has rated, which a
service cannot know. In the other, twenty items of the catalogue are asked about, five on each screen, and the user
answers only for items they have rated.
Test pairs with unseen items count in all parts. Nothing was tuned on these rows: every setting is the default.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from external.quadrant_models import quadrant_models
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split, cold_items, cold_users
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.evaluation.scoring.protocol import versions
from penchant.metrics.intervals import UserSums, paired_difference
from penchant.recommending.elicitation import ElicitedItem, questions
from penchant.recommending.recommender import Recommender, index_of, main_model
from penchant.recommending.user_state import UserState, new_user_state
from quadrant_comparison import compare_quadrants, with_given

ROOT = Path(__file__).parents[1]
SEED, KEPT_OUT, REPLICATES = 42, 20, 1000
EXTERNAL_UP_TO = 200_000
"""Number of ratings up to which external models are retrained for each number of given ratings."""
MODELS = ("baseline", "als", "dot_bias", "bayes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=sorted(PARTS), action="append")
    parser.add_argument("--data", choices=("lesson", "goodbooks"), default="lesson")
    parser.add_argument("--suffix", default="", help="of the results' file name")
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--splits", type=int, default=5, help="splits whose test pairs are pooled")
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
            "rows": [],
        }
        for row in PARTS[part](ratings, asked):  # written after each row, so that an interrupted run keeps its rows
            found[part]["rows"].append(row)
            path.write_text(json.dumps(found, indent=1) + "\n")


def data(name: str) -> Ratings:
    """The shipped MovieLens ratings, or goodbooks-10k with authors, year and language of its books."""
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
    return ratings.with_features(items=books)


# --- folding in against retraining --------------------------------------------------------------------------------


def fold_in(ratings: Ratings, asked: argparse.Namespace) -> Any:
    """One row for each hidden side, model and number of given ratings."""
    for side, hide in (("users", cold_users), ("items", cold_items)):
        splits = {given: hide(ratings, given=given, reserve=KEPT_OUT, seed=SEED) for given in (5, 10, 20)}
        for name in asked.models:
            model = pt.train(splits[5].train, name)
            for given, split in splits.items():
                joined = with_given(split)
                retrained = errors(pt.train(joined.train, name), joined)
                folded = errors(model, split)
                gap = paired_difference(folded, retrained, rng=_rng(), replicates=REPLICATES, level=0.95)
                row = {
                    "hidden": side,
                    "model": name,
                    "given": given,
                    "test rows": len(split.test),
                    "folded in": folded.value,
                    "retrained": retrained.value,
                    "ratio": folded.value / retrained.value,
                    "difference": [gap.value, gap.low, gap.high],
                }
                yield _printed(row)


def errors(model: Recommender, split: Split) -> UserSums:
    """The RMSE on the test rows, by user."""
    output = RecommenderScorer(model, split).predict(split.test.user_numbers, split.test.item_numbers)
    return _sums(np.asarray(output.mean), split.test)


def _sums(predicted: np.ndarray[Any, Any], test: Ratings) -> UserSums:
    squares = np.square(predicted.astype(np.float64) - test.values)
    return UserSums.pooled(squares, test.user_numbers, test.n_users, link="root")


# --- four quadrants -----------------------------------------------------------------------------------------------


def four_quadrants(ratings: Ratings, asked: argparse.Namespace) -> Any:
    """One row for each quadrant, number of given ratings and model."""
    small = len(ratings) <= EXTERNAL_UP_TO
    seeds = range(SEED, SEED + (asked.splits if small else 1))
    for row in compare_quadrants(
        ratings, asked.models, seeds, KEPT_OUT, quadrant_models if small else lambda split: []
    ):
        yield _printed(row)


# --- preference elicitation -------------------------------------------------------------------------------------


def elicitation(ratings: Ratings, asked: argparse.Namespace) -> Any:
    """One row for each strategy: the error on the other half of the hidden users' ratings."""
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
            row = {
                "protocol": protocol,
                "strategy": name,
                "users": len(answers),
                "answers": float(answers.mean()),
                "rmse": one.value,
                "penchant less this": [gap.value, gap.low, gap.high],
            }
            yield _printed(row)


def _asked(ratings: Ratings, seed: int) -> dict[tuple[str, str], tuple[Any, Any, Any]]:
    """For each protocol and strategy: squared errors, their users, and each user's number of answers."""
    split = cold_users(ratings, test=0.2, given=10**6, reserve=10**6, seed=seed)
    assert split.given is not None
    model = pt.train(split.train, "bayes")
    pools, tests = split.given.by_user(), split.test.by_user()
    hidden = [u for u in np.flatnonzero(tests.counts) if pools.counts[u] >= 10]
    own = ratings.users.numbers(split.test.users.ids)
    found = {}
    for protocol, ways in PROTOCOLS.items():
        for name, choose in ways.items():
            squares, owners, answers, rng = [], [], [], _rng()
            for user in hidden:
                numbers, values = pools.row(user)
                known = numbers < len(main_model(model).items)
                numbers, values = numbers[known], values[known]
                at = choose(model, numbers, values, rng)
                wanted, truth = tests.row(user)
                folded = _answered(model, numbers[at], values[at])
                predicted = folded.main.predict(wanted, features=split.test.item_features)
                squares.append(np.square(predicted.mean.astype(np.float64) - truth))
                owners.append(np.full(len(truth), own[user]))
                answers.append(len(at))
            found[protocol, name] = np.concatenate(squares), np.concatenate(owners), np.array(answers)
    return found


def _answered(model: Recommender, numbers: Any, values: Any) -> UserState:
    """A new user with answers about these items. Their selection is not treated as implicit feedback."""
    return new_user_state(index_of(model), numbers, values, history=np.empty(0, np.int32))


Chooser = Callable[[Recommender, Any, Any, np.random.Generator], Any]


def _informative(model: Recommender, numbers: Any, values: Any, rng: np.random.Generator) -> list[int]:
    """Five rated items, one at a time, each chosen after the previous answer."""
    chosen: list[int] = []
    for _ in range(5):
        folded = _answered(model, numbers[chosen], values[chosen])
        others = np.setdiff1d(np.arange(len(main_model(model).items)), np.delete(numbers, chosen)).astype(np.int32)
        asked = _questions(folded, others, 1, certain=True)
        number = main_model(model).items.vocabulary.number(asked[0].item)
        chosen.append(int(np.flatnonzero(numbers == number)[0]))
    return chosen


def _questions(folded: UserState, skip: Any, n: int, *, certain: bool = False) -> Sequence[ElicitedItem]:
    row = folded.main
    return questions(row.trained, row.rows, row.posterior, skip, n, certain=certain, state=row.part.elicitation)


def _screens(model: Recommender, numbers: Any, values: Any, rng: np.random.Generator) -> Any:
    """Four screens of five questions, each chosen after the previous answers."""
    asked = np.empty(0, np.int32)
    at = np.empty(0, np.int64)
    for _ in range(4):
        folded = _answered(model, numbers[at], values[at])
        more = _questions(folded, asked, 5)
        asked = np.append(asked, main_model(model).items.vocabulary.numbers([one.item for one in more]))
        at = np.flatnonzero(np.isin(numbers, asked))
    return at


def _spread(model: Recommender) -> np.ndarray[Any, Any]:
    """The variance of each item's training ratings, (I,); 0 for items with fewer than twenty."""
    known, size = main_model(model).interactions, len(main_model(model).items)
    counts = np.maximum(np.bincount(known.items, minlength=size), 1)
    mean = np.bincount(known.items, weights=known.values, minlength=size) / counts
    variance = np.bincount(known.items, weights=np.square(known.values, dtype=np.float64), minlength=size) / counts
    return np.where(counts >= 20, variance - mean**2, 0.0)


def _highest(of: Callable[[Recommender], Any]) -> Chooser:
    """The five rated items with the highest values of an item statistic."""
    return lambda model, numbers, values, rng: np.argsort(-of(model)[numbers], kind="stable")[:5]


def _twenty(of: Callable[[Recommender], Any]) -> Chooser:
    """The rated items among the twenty of the catalogue with the highest values of an item statistic."""
    return lambda model, numbers, values, rng: np.flatnonzero(
        np.isin(numbers, np.argsort(-of(model), kind="stable")[:20])
    )


def _popularity(model: Recommender) -> Any:
    return main_model(model).items.counts


CHOSEN: dict[str, Chooser] = {
    "nothing": lambda model, numbers, values, rng: np.empty(0, np.int64),
    "random": lambda model, numbers, values, rng: rng.choice(len(numbers), 5, replace=False),
    "most popular": _highest(_popularity),
    "most contested": _highest(_spread),
    "penchant": _informative,
}
ASKED: dict[str, Chooser] = {
    "random": lambda model, numbers, values, rng: np.flatnonzero(
        np.isin(numbers, rng.choice(len(main_model(model).items), 20, replace=False))
    ),
    "most popular": _twenty(_popularity),
    "most contested": _twenty(_spread),
    "penchant": _screens,
}
PROTOCOLS = {"five rated items": CHOSEN, "twenty questions": ASKED}
PARTS: dict[str, Callable[[Ratings, argparse.Namespace], Any]] = {
    "fold_in": fold_in,
    "quadrants": four_quadrants,
    "elicitation": elicitation,
}


def _rng() -> np.random.Generator:
    return np.random.default_rng(SEED)


def _printed(row: dict[str, Any]) -> dict[str, Any]:
    print({name: round(v, 4) if isinstance(v, float) else v for name, v in row.items()}, flush=True)
    return row


if __name__ == "__main__":
    main()
