"""Top-N lists for new users: implicit_als, EASE, implicit, LensKit and popularity, each tuned by the same procedure.

    python benchmarks/list_quality.py                  # everything; needs implicit==0.7.3 and lenskit==2025.8.1
    python benchmarks/list_quality.py --minutes 4      # stops after 4 minutes; the next call continues

Protocol (Liang et al. 2018, arXiv 1802.05814, section 4.3): a rating of 4 or more is a positive interaction; users with
fewer than 5 are left out. Held-out users are not in training. Of each user's interactions, 80 % are folded in and the
others are the relevant items; all items not folded in are ranked, without sampling. Half of the held-out users are for
validation: settings are chosen by their NDCG@100. The other half are tested once.
Tuning (Rendle et al. 2021, arXiv 2110.14037, section 4): from a starting point, move to the best neighbour on a grid
until none is better, with few factors K. Then double K while it helps (up to 256; on MovieLens up to 128; for LensKit,
which factorizes a matrix for every row in every epoch, up to 128), and try the neighbours once more. implicit_als
starts from the powers 1, 0.5 and 0 of its regularization; EASE from the λ that is best for the same validation users of
goodbooks among the 3,000 most popular books. All factor models run 16 epochs.
goodbooks-10k holds out 10,000 users. MovieLens (671 users, shipped) holds out a fifth of the users in each of five
folds; each fold is tuned on its own validation users, and the test users of all folds are pooled.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from list_models import ALL, ListModel
from penchant.data.movielens import movielens
from penchant.data.ratings import Grouped, Ratings
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.metrics.full_ranking import ItemSets, Ranks, rank_items
from penchant.metrics.intervals import UserSums, bootstrap_all, paired_difference
from penchant.metrics.ranking import ndcg, precision
from tuning import tuned

HERE = Path(__file__).parent
RESULTS, BOOKS = HERE / "results" / "list_quality.json", HERE / "data" / "goodbooks-10k" / "ratings.parquet"
SEED, REPLICATES, LEVEL = 0, 2000, 0.95
LIKED, FEWEST, ONE_IN = 4.0, 5, 5
METRICS = ("ndcg@100", "recall@20", "recall@50")
WIDTHS = {"goodbooks": (64, 128, 256), "movielens": (32, 64, 128)}
FOLDS = {"goodbooks": 1, "movielens": 5}


class TimeIsUpError(Exception):
    """The time limit is reached."""


@dataclass(frozen=True)
class HeldOut:
    """Some held-out users: the interactions folded in and the relevant items; (B,) rows each."""

    given: Grouped
    hidden: ItemSets

    @classmethod
    def of(cls, positives: Ratings, users: np.ndarray, rng: np.random.Generator) -> HeldOut:
        """The users' interactions, split 80 : 20."""
        by_user = positives.by_user()
        parts: tuple[list[Any], list[Any]] = ([], [])
        for place, user in enumerate(users):
            items = rng.permutation(by_user.row(user)[0])
            cut = len(items) // ONE_IN
            parts[0].append((np.full(len(items) - cut, place), items[cut:]))
            parts[1].append((np.full(cut, place), items[:cut]))
        (owners, given), (others, hidden) = ([np.concatenate(one) for one in zip(*part, strict=True)] for part in parts)
        ones = np.ones(len(given), np.float32)
        return cls(
            Grouped.build(owners, given.astype(np.int32), ones, len(users)),
            ItemSets.build(others, hidden, len(users))[0],
        )


@dataclass(frozen=True)
class Fold:
    """Training interactions and held-out users."""

    train: Ratings
    validation: HeldOut
    test: HeldOut


def fold_of(data: str, number: int) -> Fold:
    """The fold of that number."""
    ratings = (
        movielens() if data == "movielens" else Ratings.from_parquet(BOOKS, user="user", item="item", rating="rating")
    )
    positives = ratings.take(ratings.values >= LIKED)
    rng = np.random.default_rng(SEED)
    users = rng.permutation(np.flatnonzero(positives.by_user().counts >= FEWEST))
    held = users[:10_000] if data == "goodbooks" else np.array_split(users, FOLDS[data])[number]
    training = np.setdiff1d(users, held)
    train = renumbered(positives.take(np.isin(positives.user_numbers, training)), training)
    known = np.bincount(train.item_numbers, minlength=positives.n_items) > 0
    findable = positives.take(known[positives.item_numbers])
    held = held[findable.by_user().counts[held] >= FEWEST]
    dealing = np.random.default_rng([SEED, number])
    halves = np.array_split(held, 2)
    return Fold(train, *(HeldOut.of(findable, half, dealing) for half in halves))


def renumbered(positives: Ratings, users: np.ndarray) -> Ratings:
    """Interactions of these users, renumbered, with value one and without features."""
    from penchant.data.vocabulary import Vocabulary

    places = np.searchsorted(users, positives.user_numbers).astype(np.int32)
    ones = np.ones(len(places), np.float32)
    return Ratings(places, positives.item_numbers, ones, Vocabulary(users), positives.items, positives.scale)


def metrics_of(ranks: Ranks) -> dict[str, np.ndarray]:
    """Each metric for each user, (B,). Recall is over min(k, number of relevant items), as in Liang et al."""
    found = {"ndcg@100": ndcg(ranks, 100)}
    for k in (20, 50):
        found[f"recall@{k}"] = precision(ranks, k) * k / np.minimum(k, ranks.relevant)
    return found


class Bench:
    """One fold. Every evaluation is kept in a folder and not repeated."""

    def __init__(self, data: str, number: int, scratch: Path, until: float) -> None:
        self.data, self.number, self.scratch, self.until = data, number, scratch, until
        self._fold: Fold | None = None

    @property
    def fold(self) -> Fold:
        if self._fold is None:
            self._fold = fold_of(self.data, self.number)
        return self._fold

    def metrics(self, one: ListModel, settings: Mapping[str, Any], part: str) -> dict[str, np.ndarray]:
        """Metrics of the part's users."""
        job = json.dumps([self.data, self.number, one.name, dict(sorted(settings.items())), part])
        kept = self.scratch / f"{hashlib.sha256(job.encode()).hexdigest()[:16]}.npz"
        if not kept.exists():
            if time.monotonic() > self.until:
                raise TimeIsUpError
            started = time.perf_counter()
            held: HeldOut = getattr(self.fold, part)
            scores = one.scored(self.fold.train, held.given, settings, SEED)
            given = ItemSets(held.given.starts, held.given.numbers)
            ranks = rank_items(scores, np.arange(len(given)), relevant=held.hidden, excluded=given, depth=1)
            found = metrics_of(ranks)
            fresh = kept.with_suffix(f".{os.getpid()}.npz")
            np.savez(fresh, **found)
            fresh.replace(kept)
            print(f"{job} {found['ndcg@100'].mean():.4f} in {time.perf_counter() - started:.0f} s", flush=True)
        with np.load(kept) as arrays:
            return {name: arrays[name] for name in METRICS}

    def validated(self, one: ListModel, settings: Mapping[str, Any]) -> float:
        return float(self.metrics(one, settings, "validation")["ndcg@100"].mean())

    def tuned(self, one: ListModel) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The best settings on the validation users, and those tried with each number of factors."""
        return tuned(one, WIDTHS[self.data], lambda settings: self.validated(one, settings))


def prepared(data: str, names: list[str], scratch: Path, until: float) -> None:
    """Tune and test some models and keep the results for a later call."""
    for one in (one for one in ALL if one.name.split()[0] in names):
        for number in range(FOLDS[data]):
            bench = Bench(data, number, scratch, until)
            bench.metrics(one, bench.tuned(one)[0], "test")


def measured(data: str, scratch: Path, until: float, without: list[str]) -> dict[str, Any]:
    """The table of one data set."""
    benches = [Bench(data, number, scratch, until) for number in range(FOLDS[data])]
    per_user: dict[str, dict[str, np.ndarray]] = {}
    chosen: dict[str, Any] = {}
    for one in (one for one in ALL if one.name not in without):
        tuned = [bench.tuned(one) for bench in benches]
        chosen[one.name] = [{"settings": best, "widths": tried} for best, tried in tuned]
        parts = [bench.metrics(one, best, "test") for bench, (best, _) in zip(benches, tuned, strict=True)]
        per_user[one.name] = {name: np.concatenate([part[name] for part in parts]) for name in METRICS}
    sums = {name: {metric: UserSums.mean(values) for metric, values in all_.items()} for name, all_ in per_user.items()}
    return {
        "train": [{"users": b.fold.train.n_users, "interactions": len(b.fold.train)} for b in benches],
        "validation_users": sum(len(bench.fold.validation.hidden) for bench in benches),
        "test_users": sum(len(bench.fold.test.hidden) for bench in benches),
        "chosen": chosen,
        "metrics": {name: intervals(all_) for name, all_ in sums.items()},
        "implicit_als_minus": {name: differences(sums[ALL[0].name], all_) for name, all_ in list(sums.items())[1:]},
    }


def defaults_compared(scratch: Path, until: float) -> list[dict[str, Any]]:
    """Candidates for the default settings of implicit_als: NDCG@100 on the validation users of both data sets."""
    found = []
    for alpha, penalty in itertools.product((0.03, 0.1, 0.3), (0.001, 0.003)):
        settings = {"factors": 128, "unobserved_weight": alpha, "regularization": penalty}
        row: dict[str, Any] = dict(settings)
        for data, folds in FOLDS.items():
            benches = [Bench(data, number, scratch, until) for number in range(folds)]
            row[data] = float(np.mean([bench.validated(ALL[0], settings) for bench in benches]))
        found.append(row)
    return found


def intervals(sums: Mapping[str, UserSums]) -> dict[str, Any]:
    found = bootstrap_all(list(sums.values()), rng=np.random.default_rng(SEED), replicates=REPLICATES, level=LEVEL)
    return {name: vars(interval) for name, interval in zip(sums, found, strict=True)}


def differences(ours: Mapping[str, UserSums], theirs: Mapping[str, UserSums]) -> dict[str, Any]:
    how = {"replicates": REPLICATES, "level": LEVEL}
    return {f: vars(paired_difference(ours[f], theirs[f], rng=np.random.default_rng(SEED), **how)) for f in METRICS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1e6, help="start no step after this many minutes")
    parser.add_argument("--data", nargs="+", default=list(FOLDS), choices=list(FOLDS))
    parser.add_argument("--scratch", type=Path, default=Path("/tmp/penchant-list-quality"), help="keeps metrics")
    parser.add_argument("--only", nargs="+", help="models to evaluate, by first word; writes no table")
    parser.add_argument("--without", nargs="+", default=[], help="models to leave out of the table")
    asked = parser.parse_args()
    asked.scratch.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + 60 * asked.minutes
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for data in asked.data:
        try:
            if asked.only:
                prepared(data, asked.only, asked.scratch, until)
                continue
            found[data] = measured(data, asked.scratch, until, asked.without)
        except TimeIsUpError:
            sys.exit(f"{data}: the time limit is reached; call again to continue")
        print(json.dumps(found[data]["metrics"], indent=1))
    if asked.only:
        return
    found["defaults_compared"] = defaults_compared(asked.scratch, until)
    found |= {
        "command": shlex.join(["python", *sys.argv]),
        "protocol": __doc__,
        "seed": SEED,
        "intervals": f"{LEVEL:.0%}, {REPLICATES} samples of the test users; p-values by permutation, not corrected",
        "versions": versions(("numpy", "scipy", "numba", "implicit", "lenskit")),
        "machine": machine(),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
