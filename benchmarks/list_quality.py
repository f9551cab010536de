"""Lists for people a model never met: implicit_als beside EASE, implicit, LensKit and popularity, each tuned alike.

    python benchmarks/list_quality.py                  # everything; needs implicit==0.7.3 and lenskit==2025.8.1
    python benchmarks/list_quality.py --minutes 4      # as much as that allows; the next call goes on from there

Protocol (Liang et al. 2018, arXiv 1802.05814, section 4.3): a rating of 4 or more is a choice; users with fewer than 5
choices are left out. Held-out users are in no training; of each one's choices 80 % are folded in, the others are to
be found among all items not folded in, nothing sampled. Half of the held-out users are for validation: settings
are chosen by their NDCG@100 alone. The other half are tested once.
Tuning (Rendle et al. 2021, arXiv 2110.14037, section 4): from a start, to the best neighbour on a grid until none is
better, at a small width K; then K is doubled while it helps (up to 256; on MovieLens, and for LensKit, which takes a
Cholesky factor of every row in every sweep, to 128), and the neighbours are tried once more. implicit_als starts from
the powers 1, 0.5 and 0 of its penalty; EASE from the λ that the same validation users of goodbooks choose among the
3,000 most chosen books. Everybody's epochs are 16.
goodbooks-10k holds out 10,000 users; MovieLens (671 users, shipped) holds out a fifth, five times, each user in one of
them, each of the five tuned on its own validation users; their test users are pooled.
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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from list_models import ALL, EvaluationScorer
from penchant.data.movielens import movielens
from penchant.data.ratings import Grouped, Ratings
from penchant.evaluation.scoring.protocol import machine, versions
from penchant.metrics.full_ranking import ItemSets, Ranks, rank_items
from penchant.metrics.intervals import UserSums, bootstrap_all, paired_difference
from penchant.metrics.ranking import ndcg, precision

HERE = Path(__file__).parent
RESULTS, BOOKS = HERE / "results" / "list_quality.json", HERE / "data" / "goodbooks-10k" / "ratings.parquet"
SEED, REPLICATES, LEVEL = 0, 2000, 0.95
LIKED, FEWEST, ONE_IN = 4.0, 5, 5
FIGURES = ("ndcg@100", "recall@20", "recall@50")
WIDTHS = {"goodbooks": (64, 128, 256), "movielens": (32, 64, 128)}
FOLDS = {"goodbooks": 1, "movielens": 5}


class TimeIsUpError(Exception):
    """No further step fits into the minutes allowed."""


@dataclass(frozen=True)
class Asked:
    """Some held-out users: what is folded in, and what is to be found; (B,) rows each."""

    given: Grouped
    hidden: ItemSets

    @classmethod
    def of(cls, choices: Ratings, users: np.ndarray, rng: np.random.Generator) -> Asked:
        """The users' choices dealt 80 : 20."""
        by_user = choices.by_user()
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
    """One choice of held-out users."""

    train: Ratings
    validation: Asked
    test: Asked


def fold_of(data: str, number: int) -> Fold:
    """Which users are held out, and what of theirs is given."""
    ratings = (
        movielens() if data == "movielens" else Ratings.from_parquet(BOOKS, user="user", item="item", rating="rating")
    )
    choices = ratings.take(ratings.values >= LIKED)
    rng = np.random.default_rng(SEED)
    users = rng.permutation(np.flatnonzero(choices.by_user().counts >= FEWEST))
    held = users[:10_000] if data == "goodbooks" else np.array_split(users, FOLDS[data])[number]
    training = np.setdiff1d(users, held)
    train = renumbered(choices.take(np.isin(choices.user_numbers, training)), training)
    met = np.bincount(train.item_numbers, minlength=choices.n_items) > 0
    findable = choices.take(met[choices.item_numbers])
    held = held[findable.by_user().counts[held] >= FEWEST]
    dealing = np.random.default_rng([SEED, number])
    halves = np.array_split(held, 2)
    return Fold(train, *(Asked.of(findable, half, dealing) for half in halves))


def renumbered(choices: Ratings, users: np.ndarray) -> Ratings:
    """Choices of these users alone, who are numbered anew, all of value one and without features."""
    from penchant.data.vocabulary import Vocabulary

    places = np.searchsorted(users, choices.user_numbers).astype(np.int32)
    ones = np.ones(len(places), np.float32)
    return Ratings(places, choices.item_numbers, ones, Vocabulary(users), choices.items, choices.scale)


def figures_of(ranks: Ranks) -> dict[str, np.ndarray]:
    """Each figure for each user, (B,); recall as Liang et al. define it, over min(k, how many there are)."""
    found = {"ndcg@100": ndcg(ranks, 100)}
    for k in (20, 50):
        found[f"recall@{k}"] = precision(ranks, k) * k / np.minimum(k, ranks.relevant)
    return found


class Bench:
    """One fold; every measurement is kept in a folder and never made twice."""

    def __init__(self, data: str, number: int, scratch: Path, until: float) -> None:
        self.data, self.number, self.scratch, self.until = data, number, scratch, until
        self._fold: Fold | None = None

    @property
    def fold(self) -> Fold:
        if self._fold is None:
            self._fold = fold_of(self.data, self.number)
        return self._fold

    def metrics(self, one: EvaluationScorer, settings: Mapping[str, Any], part: str) -> dict[str, np.ndarray]:
        """Metrics of the part's users."""
        told = json.dumps([self.data, self.number, one.name, dict(sorted(settings.items())), part])
        kept = self.scratch / f"{hashlib.sha256(told.encode()).hexdigest()[:16]}.npz"
        if not kept.exists():
            if time.monotonic() > self.until:
                raise TimeIsUpError
            started = time.perf_counter()
            asked: Asked = getattr(self.fold, part)
            scores = one.scored(self.fold.train, asked.given, settings, SEED)
            given = ItemSets(asked.given.starts, asked.given.numbers)
            ranks = rank_items(scores, np.arange(len(given)), relevant=asked.hidden, excluded=given, depth=1)
            found = figures_of(ranks)
            fresh = kept.with_suffix(f".{os.getpid()}.npz")
            np.savez(fresh, **found)
            fresh.replace(kept)
            print(f"{told} {found['ndcg@100'].mean():.4f} in {time.perf_counter() - started:.0f} s", flush=True)
        with np.load(kept) as arrays:
            return {name: arrays[name] for name in FIGURES}

    def validated(self, one: EvaluationScorer, settings: Mapping[str, Any]) -> float:
        return float(self.metrics(one, settings, "validation")["ndcg@100"].mean())

    def tuned(self, one: EvaluationScorer) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The settings that the validation users choose, and those that each width was tried with."""
        narrow = {one.width: WIDTHS[self.data][0]} if one.width else {}
        best = max((self.climbed(one, {**start, **narrow}) for start in one.starts), key=self.by_validation(one))
        tried = [best]
        for width in [K for K in WIDTHS[self.data][1:] if one.width and one.widest >= K]:
            tried.append({**best, one.width: width})
            if self.validated(one, tried[-1]) <= self.validated(one, best):
                break
            best = tried[-1]
        if best != tried[0]:
            best = self.climbed(one, best)
            tried.append(best)
        return best, [{**settings, "ndcg@100": self.validated(one, settings)} for settings in tried]

    def climbed(self, one: EvaluationScorer, best: dict[str, Any]) -> dict[str, Any]:
        """From neighbour to better neighbour, until none is better."""
        while True:
            around = [best, *({**best, name: value} for name, value in neighbours(one, best))]
            better = max(around, key=self.by_validation(one))
            if better == best:
                return best
            best = better

    def by_validation(self, one: EvaluationScorer) -> Callable[[Mapping[str, Any]], float]:
        return lambda settings: self.validated(one, settings)


def neighbours(one: EvaluationScorer, settings: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The next lower and the next higher value of each setting."""
    found = []
    for name, values in one.grid.items():
        at = values.index(settings[name])
        found += [(name, values[near]) for near in (at - 1, at + 1) if 0 <= near < len(values)]
    return found


def prepared(data: str, names: list[str], scratch: Path, until: float) -> None:
    """Tune and test some contestants, for a later call to find."""
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
        per_user[one.name] = {name: np.concatenate([part[name] for part in parts]) for name in FIGURES}
    sums = {name: {figure: UserSums.mean(values) for figure, values in all_.items()} for name, all_ in per_user.items()}
    return {
        "train": [{"users": b.fold.train.n_users, "choices": len(b.fold.train)} for b in benches],
        "validation_users": sum(len(bench.fold.validation.hidden) for bench in benches),
        "test_users": sum(len(bench.fold.test.hidden) for bench in benches),
        "chosen": chosen,
        "metrics": {name: intervals(all_) for name, all_ in sums.items()},
        "implicit_als_minus": {name: differences(sums[ALL[0].name], all_) for name, all_ in list(sums.items())[1:]},
    }


def defaults_compared(scratch: Path, until: float) -> list[dict[str, Any]]:
    """Settings of implicit_als that could be its defaults, and their NDCG@100 on both sets' validation users."""
    found = []
    for alpha, penalty in itertools.product((0.03, 0.1, 0.3), (0.001, 0.003)):
        settings = {"factors": 128, "unobserved_weight": alpha, "regularization": penalty}
        line: dict[str, Any] = dict(settings)
        for data, folds in FOLDS.items():
            benches = [Bench(data, number, scratch, until) for number in range(folds)]
            line[data] = float(np.mean([bench.validated(ALL[0], settings) for bench in benches]))
        found.append(line)
    return found


def intervals(sums: Mapping[str, UserSums]) -> dict[str, Any]:
    found = bootstrap_all(list(sums.values()), rng=np.random.default_rng(SEED), replicates=REPLICATES, level=LEVEL)
    return {name: vars(interval) for name, interval in zip(sums, found, strict=True)}


def differences(ours: Mapping[str, UserSums], theirs: Mapping[str, UserSums]) -> dict[str, Any]:
    how = {"replicates": REPLICATES, "level": LEVEL}
    return {f: vars(paired_difference(ours[f], theirs[f], rng=np.random.default_rng(SEED), **how)) for f in FIGURES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1e6, help="start no step after this many minutes")
    parser.add_argument("--data", nargs="+", default=list(FOLDS), choices=list(FOLDS))
    parser.add_argument("--scratch", type=Path, default=Path("/tmp/penchant-list-quality"), help="keeps metrics")
    parser.add_argument("--only", nargs="+", help="contestants (first words of their names) to measure, no table made")
    parser.add_argument("--without", nargs="+", default=[], help="contestants that the table leaves out")
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
            sys.exit(f"{data}: time is up; call again to go on")
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
