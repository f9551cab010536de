"""Each ranking formula against trec_eval and scikit-learn, ties included; wrong formulas are detected."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import pytrec_eval
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score

from metrics.made_rankings import MadeUser, made_users, ranks_of
from penchant.foundations.errors import DataError
from penchant.metrics import ranking
from penchant.metrics.full_ranking import Ranks

several_users = st.lists(made_users(), min_size=1, max_size=4)


def strict_scores(user: MadeUser) -> dict[int, float]:
    """Scores without ties in the defined order, for libraries that break ties in another way."""
    return {item: float(len(user.order) - place) for place, item in enumerate(user.order)}


TREC = {"recall": "recall", "precision": "P", "ndcg": "ndcg_cut", "map": "map_cut", "hit_rate": "success"}
"""What trec_eval calls a metric that it computes at a place; it computes the reciprocal rank of a whole list only."""


def by_trec(name: str, made: list[MadeUser], k: int) -> np.ndarray:
    """The metric of each user by NIST's trec_eval."""
    users = {f"{number:03}": user for number, user in enumerate(made)}
    wanted = {name: {str(item): gain for item, gain in user.gains.items()} for name, user in users.items()}
    kept = k if name == "mrr" else None
    run = {
        name: {str(item): score for item, score in list(strict_scores(user).items())[:kept]}
        for name, user in users.items()
    }
    measure, key = (f"{TREC[name]}.{k}", f"{TREC[name]}_{k}") if name in TREC else ("recip_rank", "recip_rank")
    found = pytrec_eval.RelevanceEvaluator(wanted, {measure}).evaluate(run)
    return np.array([found[user][key] for user in users])


def check_against_trec(metric: ranking.Metric, name: str, made: list[MadeUser], k: int) -> None:
    np.testing.assert_allclose(metric(ranks_of(made), k), by_trec(name, made, k), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ranking.AT_K)
@settings(deadline=None, max_examples=25)
@given(made=several_users, k=st.integers(1, 14))
def test_agrees_with_trec_eval(name: str, made: list[MadeUser], k: int) -> None:
    check_against_trec(ranking.AT_K[name], name, made, k)


@given(made_users(), st.integers(1, 12))
def test_ndcg_agrees_with_scikit_learn(user: MadeUser, k: int) -> None:
    candidates = user.order
    assume(len(candidates) > 1)
    gains = [[user.gains.get(item, 0) for item in candidates]]
    theirs = ndcg_score(gains, [[strict_scores(user)[item] for item in candidates]], k=k)
    assert ranking.ndcg(ranks_of([user]), k)[0] == pytest.approx(theirs)


@given(made_users())
def test_average_precision_of_the_whole_ranking_agrees_with_scikit_learn(user: MadeUser) -> None:
    scores = strict_scores(user)
    theirs = average_precision_score([item in user.gains for item in scores], list(scores.values()))
    assert ranking.average_precision(ranks_of([user]), len(user.scores))[0] == pytest.approx(theirs)


@given(made_users())
def test_auc_with_true_ties_agrees_with_scikit_learn(user: MadeUser) -> None:
    candidates = user.order
    assume(len(user.gains) < len(candidates))
    finite = [max(user.scores[item], -1e9) for item in candidates]
    theirs = roc_auc_score([item in user.gains for item in candidates], finite)
    assert ranking.auc(ranks_of([user]))[0] == pytest.approx(theirs)


def test_auc_is_not_defined_without_an_irrelevant_candidate() -> None:
    assert np.isnan(ranking.auc(ranks_of([MadeUser([1.0, 2.0], {0: 1, 1: 1}, set())]))).all()


def test_a_ranking_computed_by_hand() -> None:
    # Ranked 2, 0, 1, 3 (items 0 and 1 tie); relevant are 0 and 3, at places 1 and 3.
    ranks = ranks_of([MadeUser([5.0, 5.0, 9.0, 1.0], {0: 1, 3: 1}, set())])
    found = {name: metric(ranks, 3)[0] for name, metric in ranking.AT_K.items()}
    best = 1 + 1 / np.log2(3)
    expected = {"recall": 1 / 2, "precision": 1 / 3, "ndcg": 1 / np.log2(3) / best, "map": 1 / 4, "mrr": 1 / 2}
    assert found == pytest.approx({**expected, "hit_rate": 1.0})
    # Of four pairs (relevant, irrelevant): 0 loses to 2 and ties with 1, 3 loses to both.
    assert ranking.auc(ranks)[0] == pytest.approx(0.5 / 4)


def test_k_below_one_is_refused() -> None:
    with pytest.raises(DataError, match="k must be at least 1"):
        ranking.recall(ranks_of([MadeUser([1.0, 2.0], {0: 1}, set())]), 0)


# --- wrong formulas, each a mistake found in real code; the cross-check has to catch every one ----------------------


def ndcg_with_discount_from_one(ranks: Ranks, k: int) -> np.ndarray:
    shifted = Ranks(**{**vars(ranks), "positions": ranks.positions + 1})
    return ranking.ndcg(shifted, k + 1)


def recall_over_k(ranks: Ranks, k: int) -> np.ndarray:
    return ranking.recall(ranks, k) * ranks.relevant / np.minimum(ranks.relevant, k)


def precision_over_list(ranks: Ranks, k: int) -> np.ndarray:
    return ranking.precision(ranks, k) * k / np.minimum(k, ranks.candidates)


def average_precision_over_hits(ranks: Ranks, k: int) -> np.ndarray:
    hits = np.maximum(ranking.precision(ranks, k) * k, 1)
    return ranking.average_precision(ranks, k) * ranks.relevant / hits


def ties_in_our_favour(ranks: Ranks, k: int) -> np.ndarray:
    lucky = np.minimum(ranks.positions, np.ceil(2 * ranks.midranks - ranks.positions)).astype(np.int64)
    return ranking.reciprocal_rank(Ranks(**{**vars(ranks), "positions": lucky}), k)


def one_place_too_many(ranks: Ranks, k: int) -> np.ndarray:
    return ranking.hit_rate(ranks, k + 1)


WRONG: dict[str, Callable[[Ranks, int], np.ndarray]] = {
    "ndcg": ndcg_with_discount_from_one,
    "recall": recall_over_k,
    "precision": precision_over_list,
    "map": average_precision_over_hits,
    "mrr": ties_in_our_favour,
    "hit_rate": one_place_too_many,
}
A_TELLING_USER = MadeUser([1.0, 1.0, 1.0, 4.0, 2.0], {1: 1, 2: 3, 4: 1}, {3})
A_LATE_HIT = MadeUser([1.0, 1.0, 1.0, 1.0, 4.0], {2: 1}, set())


@pytest.mark.parametrize("name", ranking.AT_K)
def test_a_wrong_formula_is_detected(name: str) -> None:
    made = [A_TELLING_USER, A_LATE_HIT]
    for k in range(1, 7):
        check_against_trec(ranking.AT_K[name], name, made, k)
    with pytest.raises(AssertionError):
        for k in range(1, 7):
            check_against_trec(WRONG[name], name, made, k)
