"""Writes the tables of docs/guide/which_model.md from the comparisons among benchmarks/results/*.json.

python benchmarks/which_model.py            # or: make benchmark-pages
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "benchmarks" / "results", ROOT / "docs" / "guide" / "which_model.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
LISTS, RATINGS = "ndcg@10", "rmse"


def main() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables(RESULTS)}\n{END}{after}", encoding="utf-8")
    print(f"written: {PAGE}")


def tables(results: Path) -> str:
    """A table for each comparison that measured lists, best lists first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))]
    shown = [one for result in found for one in _comparisons(result, result.get("command", ""))]
    return "\n".join(_table(one) for one in shown if any(map(_list_metric, one["models"])))


def _comparisons(result: Any, command: str, name: str = "") -> Iterator[dict[str, Any]]:
    """The comparisons in a result, which may hold several by name."""
    if isinstance(result, dict) and "pairs" in result:
        yield {"command": command, "name": name, **result}
    elif isinstance(result, dict):
        for key, value in result.items():
            yield from _comparisons(value, command, f"{name}, {key}" if name else key)


def _table(comparison: dict[str, Any]) -> str:
    protocol = comparison["protocol"]
    data = f"Data: {protocol['data']}. " if protocol.get("data") else ""
    name = f"Table: {comparison['name']}. " if comparison.get("name") else ""
    facts = (
        f"{name}{data}Split: {protocol['split']}. {protocol['rows']['train']:,} training rows. "
        f"Liked: rated {protocol['relevant_from']:g} or more. Command: `{comparison['command']}`."
    )
    models = sorted(filter(_list_metric, comparison["models"]), key=lambda model: -(_list_metric(model) or 0.0))
    rows = [f"| {model['label']} | {_cell(model, LISTS)} | {_cell(model, RATINGS)} |" for model in models]
    said = [f"\n{sentence}" for sentence in comparison.get("findings", ())]
    return "\n".join([facts, "", "| model | NDCG@10 | RMSE |", "|---|---|---|", *rows, *said, ""])


def _list_metric(model: dict[str, Any]) -> float | None:
    value: float | None = model["metrics"].get(LISTS, {}).get("value")
    return value


def _cell(model: dict[str, Any], name: str) -> str:
    value = model["metrics"].get(name, {}).get("value")
    return "" if value is None else f"{value:.4f}"


if __name__ == "__main__":
    main()
