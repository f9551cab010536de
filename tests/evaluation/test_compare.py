from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.made_worlds import World
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.comparison import records
from penchant.evaluation.comparison.compare import compare
from penchant.evaluation.comparison.comparison import Comparison
from penchant.evaluation.comparison.specs import TrainingSpec
from penchant.evaluation.scoring.external_models import CatalogueInfo
from penchant.foundations.errors import CallerError, SettingsError


class ItemMeans:
    """An external model: the mean rating of each item, or the global mean. It counts its fits."""

    predicts_ratings, ranks = True, True
    fits = 0

    def __init__(self, label: str = "item means", shift: float = 0.0) -> None:
        self.label, self.shift = label, shift

    def identity(self) -> Mapping[str, Any]:
        return {"library": "none", "shift": self.shift}

    def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
        type(self).fits += 1
        sums = np.bincount(train.item_numbers, weights=train.values, minlength=catalogue.n_items)
        counts = np.bincount(train.item_numbers, minlength=catalogue.n_items)
        noise = np.random.default_rng(seed).normal(0, 0.01, catalogue.n_items)
        self.means = np.where(counts, sums / np.maximum(counts, 1), train.mean) + self.shift + noise

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self.means[items]

    def score_rows(self, users: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.means, (len(users), len(self.means)))


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def split(world: World) -> Split:
    return world.split()


@pytest.fixture(scope="module")
def comparison(world: World, split: Split) -> Comparison:
    near = ItemMeans("nearly the same", shift=0.0001)
    return compare([world.oracle(split.train), ItemMeans(), near], split, seeds=(0, 1, 2), relevant_from=3.5)


def test_the_best_model_is_first_and_baselines_are_included(comparison: Comparison) -> None:
    assert comparison.labels[0] == "oracle"
    assert {"baseline", "popular", "mean"} < set(comparison.labels)
    assert comparison.labels[-1] == "popular"  # it has no RMSE


def test_a_real_difference_is_significant_and_a_tiny_one_is_not(comparison: Comparison) -> None:
    pairs = {frozenset((pair.first, pair.second)): pair for pair in comparison.pairs}
    assert len(pairs) == 5 * 4 / 2
    assert pairs[frozenset(("oracle", "item means"))].differs
    alike = pairs[frozenset(("item means", "nearly the same"))]
    assert not alike.differs and abs(alike.difference.value) < 0.001
    behind = comparison.behind("mean")
    assert behind is not None and behind.difference.high < 0


def test_the_holm_correction_only_raises_p_values(comparison: Comparison) -> None:
    assert all(pair.p_value >= pair.difference.p_value for pair in comparison.pairs)
    assert any(pair.p_value > pair.difference.p_value for pair in comparison.pairs)


def test_each_model_has_a_row_with_time_memory_and_spread_over_seeds(comparison: Comparison) -> None:
    heads, rows = comparison.table()
    assert heads[-3:] == ["seeds ±", "train s", "MB"] and len(rows) == len(comparison.labels)
    assert 0 < comparison.spread("item means") < 0.01
    assert np.isnan(comparison.spread("oracle"))  # a model at hand has no other seed


def test_text_json_and_page(comparison: Comparison, tmp_path: Path) -> None:
    assert "corrected for all 10 pairs" in str(comparison)
    values = json.loads(json.dumps(comparison.to_json(), allow_nan=False))
    entry = next(one for one in values["models"] if one["label"] == "item means")
    assert entry["seeds"] == [0, 1, 2] and len(entry["train_seconds"]) == 3
    page = comparison.to_html(tmp_path / "c.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 1 and "not significant" in page


def test_finished_jobs_are_not_run_again(split: Split, tmp_path: Path) -> None:
    ItemMeans.fits = 0
    first = compare([ItemMeans()], split, seeds=(0, 1), folder=tmp_path)
    assert ItemMeans.fits == 2
    again = compare([ItemMeans("another name")], split, seeds=(0, 1, 2), folder=tmp_path)
    assert ItemMeans.fits == 3  # only the new seed
    assert [r.metrics["rmse"].value for r in again.records[:2]] == [r.metrics["rmse"].value for r in first.records[:2]]
    assert again.records[0].label == "another name"


def test_an_interrupted_comparison_continues(split: Split, tmp_path: Path) -> None:
    class Breaks(ItemMeans):
        def fit(self, train: Ratings, catalogue: CatalogueInfo, *, seed: int) -> None:
            raise KeyboardInterrupt

    ItemMeans.fits = 0
    with pytest.raises(KeyboardInterrupt):
        compare([ItemMeans(), Breaks("breaks", 1.0)], split, folder=tmp_path)
    compare([ItemMeans(), ItemMeans("breaks", 1.0)], split, folder=tmp_path)
    assert ItemMeans.fits == 2


def test_an_incomplete_record_is_computed_again(split: Split, tmp_path: Path) -> None:
    compare([ItemMeans()], split, folder=tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:100])
    ItemMeans.fits = 0
    compare([ItemMeans()], split, folder=tmp_path)
    assert ItemMeans.fits == 1


def test_the_key_of_a_record_depends_on_all_inputs(world: World, split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings

    def key(model: str = "dot_bias", seed: int = 0, on: Split = split, at: int = 10, **settings: Any) -> str | None:
        return records.record_key(TrainingSpec(model, settings, "any name"), on, seed, EvaluationSettings(at=(at,)))

    same = key()
    assert same == key() and same == records.record_key(TrainingSpec("dot_bias"), split, 0, EvaluationSettings())
    others = [key("dot"), key(seed=1), key(at=5), key(on=world.split(0.5)), key(factors=3)]
    monkeypatch.setattr(records, "code_fingerprint", lambda _: "other code")
    assert len({same, *others, key()}) == 7


def test_wrong_names_and_settings_are_refused_before_anything_is_trained(split: Split) -> None:
    ItemMeans.fits = 0
    with pytest.raises(SettingsError, match="no model 'allss'"):
        compare([ItemMeans(), "allss"], split)
    with pytest.raises(SettingsError, match="no setting 'factor'"):
        compare([ItemMeans(), ("dot_bias", {"factor": 3})], split)
    with pytest.raises(CallerError, match="two models have the label"):
        compare([ItemMeans(), ItemMeans()], split)
    with pytest.raises(CallerError, match="cannot be compared"):
        compare([3], split)
    assert ItemMeans.fits == 0


def test_a_comparison_of_rankings_orders_by_ndcg(split: Split) -> None:
    class Orders(ItemMeans):
        predicts_ratings = False

    found = compare([Orders(f"order {n}", n) for n in range(4)], split, relevant_from=3.5)
    assert found.by == "ndcg@10" and found.labels[-1] == "mean"


def test_a_clear_difference_is_significant_with_many_pairs(split: Split) -> None:
    many = [ItemMeans(f"shifted {n}", shift=0.2 * n) for n in range(12)]
    found = compare(many, split, ranking=False)
    assert len(found.pairs) == 14 * 13 / 2
    assert found.permutations > 20 * len(found.pairs)
    worst = found.behind("shifted 11")
    assert worst is not None and worst.differs
