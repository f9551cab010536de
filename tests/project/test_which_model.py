"""The figures of the page on models are those of the result files."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
GENERATOR = runpy.run_path(str(ROOT / "benchmarks" / "which_model.py"))


def test_the_tables_are_what_the_result_files_make_them() -> None:
    page = GENERATOR["PAGE"].read_text(encoding="utf-8")
    inside = page.partition(GENERATOR["BEGIN"])[2].partition(GENERATOR["END"])[0]
    assert inside.strip() == GENERATOR["tables"](GENERATOR["RESULTS"]).strip(), "run `make benchmark-pages`"


def test_models_are_ordered_by_their_lists_and_findings_follow(tmp_path: Path) -> None:
    protocol = {"split": "random", "rows": {"train": 10}, "relevant_from": 4.0}
    low, high = ({"ndcg@10": {"value": value}, "rmse": {"value": 0.9}} for value in (0.1, 0.3))
    models = [{"label": "a", "metrics": low}, {"label": "b", "metrics": high}, {"label": "c", "metrics": {}}]
    result = {"pairs": [], "models": models, "protocol": protocol, "command": "x", "findings": ["a is worse."]}
    (tmp_path / "one.json").write_text(json.dumps(result))
    (tmp_path / "other.json").write_text(json.dumps({"metrics": {}}))
    lines = GENERATOR["tables"](tmp_path).splitlines()
    assert lines.index("| b | 0.3000 | 0.9000 |") < lines.index("| a | 0.1000 | 0.9000 |") < lines.index("a is worse.")
    assert not any(line.startswith("| c") for line in lines)
