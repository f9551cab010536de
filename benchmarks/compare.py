"""Penchant's models and external libraries on the lesson's split, in one process and one table.

    python benchmarks/compare.py                     # all of them, three seeds where a seed matters
    python benchmarks/compare.py --only myfm als     # those whose label contains one of the words
    python benchmarks/compare.py --no-external       # without external libraries
    python benchmarks/compare.py --kept              # only models that earlier runs have finished

Finished jobs are kept in `.comparison/` under a hash of all they depend on, so an interrupted run can continue.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.splitting import Split, get_cv_idxs, split_rows
from penchant.evaluation.comparison.comparison import Comparison
from penchant.evaluation.comparison.records import record_key
from penchant.evaluation.comparison.specs import ComparisonSpec, comparison_specs
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.protocol import versions
from penchant.foundations.progress import ProgressBar
from penchant.training.registry import MODELS

ROOT = Path(__file__).parents[1]
KEPT = ROOT / ".comparison"
RESULTS = ROOT / "benchmarks" / "results"
OURS = ("baseline", "als", "implicit_als", "bayes", "dot_bias", "dot", "net")
EXTERNAL = ("implicit", "myfm", "surprise", "fastai")
LIBRARIES = ("numpy", "scipy", "numba", "torch", "scikit-surprise", "myfm", "implicit", "fastai")
TIMES = "Times and memory compare only within one run on a quiet machine."
EXPECTED = {
    "Surprise BaselineOnly": 0.8923,
    "Surprise SVD": 0.8966,
    "Surprise SVD 50f 60ep reg .07": 0.8770,
    "Surprise SVD++": 0.8809,
    "Surprise KNNBaseline item": 0.8701,
    "myFM ids": 0.8557,
    "myFM history+genres": 0.8410,
    "myFM history+genres+years": 0.8309,
    "fastai dot-bias": 0.8876,
    "fastai network": 0.9100,
}
"""RMSE of an earlier, independent run of each library on these rows; a run here should agree within 0.003."""


def main() -> None:
    asked = _asked()
    sys.path.insert(0, str(ROOT / "benchmarks"))
    split = lesson_split()
    chosen = [
        one
        for one in _specs(asked.external, split)
        if not asked.only or any(word in one.label.lower() for word in asked.only)
    ]
    if asked.kept:
        chosen = [one for one in chosen if _finished(one, split, asked.seeds)]
    with ProgressBar() as bar:
        found = pt.compare(chosen, split, seeds=asked.seeds, folder=KEPT, progress=bar)
    print(found)
    _check_expected(found)
    if not asked.only:
        _write(found, asked.out, "Finished in several runs" if asked.kept else "")


def lesson_split() -> Split:
    """The lesson's validation rows and the other rows, both in random order.

    Surprise's SGD visits the rows in the order it gets them. With the file's order, sorted by user, the RMSE of its
    SVD++ is 0.006 higher.
    """
    ratings = pt.movielens()
    drawn = get_cv_idxs(len(ratings), val_pct=1.0, seed=42)
    test = np.arange(int(0.2 * len(ratings)))
    plain = pt.split.random(ratings, test=0.2, seed=42)
    return split_rows(ratings.take(drawn), test, question=plain.question, name=plain.name + ", rows as drawn")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", nargs="*", default=[], type=str.lower, help="words, one of which a label must contain"
    )
    parser.add_argument("--no-external", dest="external", action="store_false", help="leave external libraries out")
    parser.add_argument("--kept", action="store_true", help="leave out what has not been run yet")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0], help="seeds of training")
    parser.add_argument("--out", type=Path, default=RESULTS / "compare-movielens.json")
    return parser.parse_args()


def _specs(external: bool, split: Split) -> list[ComparisonSpec]:
    """Our registered models and those of every installed library."""
    from external.installed_adapters import adapters

    found: list[Any] = [name for name in OURS if name in MODELS]
    for adapter in adapters(EXTERNAL if external else ()):
        found += adapter.comparison_models()
    return comparison_specs(found, split)


def _finished(spec: ComparisonSpec, split: Split, seeds: Sequence[int]) -> bool:
    """Whether the metrics of every seed are kept."""
    keys = [record_key(spec, split, seed, EvaluationSettings()) for seed in (seeds if spec.seeded else seeds[:1])]
    return all(key is not None and (KEPT / f"{key}.npz").exists() for key in keys)


def _check_expected(found: Comparison) -> None:
    for label, expected in EXPECTED.items():
        if label in found.metrics:
            value = found.metrics[label]["rmse"].value
            far = "" if abs(value - expected) <= 0.003 else "  OUTSIDE 0.003"
            print(f"{label:32} {value:.4f}  earlier {expected:.4f}{far}")


def _write(found: Comparison, path: Path, remark: str) -> None:
    facts = {
        "question": "How accurate are Penchant's models and external libraries on the lesson's test ratings?",
        "command": shlex.join(["python", *(word for word in sys.argv if word != "--kept")]),
        "versions": versions(LIBRARIES),
        "remark": f"{remark or 'One run'}, load {os.getloadavg()[0]:.1f} at the end. {TIMES}",
        **found.to_json(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {path}")


if __name__ == "__main__":
    main()
