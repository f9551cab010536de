"""Writes benchmarks/results/README.md from the result files: all rows with protocol, seeds, versions and command.

python benchmarks/result_tables.py          # or: make benchmark-pages
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = RESULTS / "README.md"
HEAD = """# Result tables

`make benchmark-pages` writes this page from the result files; a test checks that a result file holds each number. The
command above a table reruns it. Compare times only within one run. [Benchmarks](../../docs/benchmarks.md) is the page
to read first.
"""
HEADING = ("command", "versions", "question", "protocol", "split", "machine", "remark")
DETAILS = ("settings", "facts", "library", "version")
"""Parts of a row that are only in the result file."""
COLUMNS = (
    ("rmse", "RMSE"),
    ("mae", "MAE"),
    ("log_likelihood", "log-likelihood"),
    ("recall@10", "recall@10"),
    ("ndcg@10", "NDCG@10"),
)


def main() -> None:
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(RESULTS), encoding="utf-8")
    print(f"written: {PAGE}")


def page(results: Path) -> str:
    """The whole page from a folder of result files."""
    parts = [HEAD]
    found = {path: json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))}
    comparisons_first = sorted(found.items(), key=lambda one: "pairs" not in one[1])
    parts += [_layout(result)(path, result) for path, result in comparisons_first]
    return "\n".join(parts)


def _layout(result: dict[str, Any]) -> Callable[[Path, dict[str, Any]], str]:
    """The layout of a result file: a comparison of models, rows that each have a protocol, or any other result."""
    if "pairs" in result:
        return _comparison
    rows = result.get("metrics")
    return _rows if isinstance(rows, list) and all("protocol" in row for row in rows) else _metrics


def _rows(path: Path, result: dict[str, Any]) -> str:
    """Rows that each have their own protocol, with its command."""
    heads = [name for name in dict.fromkeys(name for row in result["metrics"] for name in row) if name != "protocol"]
    rows = [
        [*(_text(row.get(name, "")) for name in heads), f"`{row['protocol']['command']}`"] for row in result["metrics"]
    ]
    merged: dict[str, str] = {}
    for row in result["metrics"]:
        merged |= row["protocol"].get("versions", {})
    return _section(path, {"versions": merged, **result}, [], _table([*heads, "command"], rows))


def _comparison(path: Path, result: dict[str, Any]) -> str:
    """A comparison of models, one row each."""
    protocol, settings = result["protocol"], result["protocol"]["settings"]
    rows, users, items = protocol["rows"], protocol["test_users"], protocol["test_items"]
    data = f"Data: {protocol['data']}. " if protocol.get("data") else ""
    date = f" Date: {protocol['date'][:10]}." if protocol.get("date") else ""
    facts = [
        f"{data}Split: {protocol['split']}. {rows['train']:,} training rows, {rows['tested']:,} test rows. Test users: "
        f"{users['known']:,} known, {users['unknown']:,} unknown. Test items: {items['known']:,} known, "
        f"{items['unknown']:,} unknown. Lists rank all items the user has not rated; an item is relevant if rated "
        f"{protocol['relevant_from']:g} or more.{date}",
        f"In brackets: {settings['level']:.0%} intervals over users ({settings['replicates']} bootstrap samples). "
        "≈: not significantly different from the best (permutation test by user, Holm).",
        *([result["remark"]] if "remark" in result else []),
    ]
    return _section(path, result, facts, _comparison_table(result))


def _comparison_table(result: dict[str, Any]) -> str:
    heads = ["model", *(words for _, words in COLUMNS), "", "seeds", "train s", "MB"]
    return _table(heads, [_row(model, result) for model in result["models"]])


def _row(model: dict[str, Any], result: dict[str, Any]) -> list[str]:
    cells = [_cell(name, model["metrics"].get(name), result["by"]) for name, _ in COLUMNS]
    seconds, megabytes = (sum(model[name]) / len(model[name]) for name in ("train_seconds", "megabytes"))
    seeds = ", ".join(map(str, model["seeds"]))
    return [model["label"], *cells, _mark(model["label"], result), seeds, f"{seconds:.1f}", f"{megabytes:.0f}"]


def _cell(name: str, metric: dict[str, Any] | None, by: str) -> str:
    if metric is None or metric["value"] is None:
        return ""
    text = f"{metric['value']:.4f}"
    return f"{text} [{metric['low']:.4f}, {metric['high']:.4f}]" if name == by else text


def _mark(label: str, result: dict[str, Any]) -> str:
    best = result["models"][0]["label"]
    alike = any({pair["first"], pair["second"]} == {best, label} and not pair["differs"] for pair in result["pairs"])
    return "≈" if alike else ""


def _metrics(path: Path, result: dict[str, Any]) -> str:
    """Any other result: its parts in order, lists of rows as tables."""
    result = {"question": path.stem.replace("-", " ").replace("_", " ").capitalize(), **result}
    facts = [
        part if isinstance(part, str) else ", ".join(f"{k}: {v}" for k, v in flat(part))
        for part in (result.get("protocol", ""), result.get("split", ""))
    ]
    rest = {name: part for name, part in result.items() if name not in HEADING}
    return _section(path, result, [fact for fact in facts if fact], "\n".join(_parts(rest, "")))


def _parts(value: dict[str, Any], title: str) -> Iterator[str]:
    """Tables of a nested result: first its plain metrics, then each part under its name."""
    rows_of = {name: part for name, part in value.items() if _is_rows(part)}
    compared = {name: part for name, part in value.items() if _is_comparison(part)}
    nested = {name: part for name, part in value.items() if isinstance(part, dict) and _has_parts(part)}
    apart = {*rows_of, *compared, *nested}
    plain = {name: part for name, part in value.items() if name not in apart}
    if plain:
        yield (f"**{title}**\n\n" if title else "") + _table(["metric", "value"], [list(one) for one in flat(plain)])
    for name, part in compared.items():
        yield f"**{title} · {name}**\n\n" + _comparison_table(part)
    for name, part in nested.items():
        yield from _parts(part, f"{title} · {name}" if title else name)
    for name, rows in rows_of.items():
        leaves = [dict(flat({key: one for key, one in row.items() if key not in DETAILS})) for row in rows]
        heads = list(dict.fromkeys(head for row in leaves for head in row))
        yield f"{name.capitalize()}:\n\n" + _table(heads, [[row.get(head, "") for head in heads] for row in leaves])


def _is_comparison(part: Any) -> bool:
    return isinstance(part, dict) and "pairs" in part


def _has_parts(part: dict[str, Any]) -> bool:
    """Whether it is a result of its own, or holds comparisons."""
    return "pairs" not in part and ("versions" in part or any(map(_is_comparison, part.values())))


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _is_interval(value: Any) -> bool:
    """A metric and the ends of its interval."""
    return isinstance(value, list) and len(value) == 3 and all(isinstance(one, float) for one in value)


def flat(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a JSON value, each with its path."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from flat(part, f"{where} · {name}" if where else str(name))
    elif _is_interval(value):
        metric, low, high = map(_text, value)
        yield where, f"{metric} [{low}, {high}]"
    elif isinstance(value, list):
        for number, part in enumerate(value, 1):
            yield from flat(part, f"{where} · {number}")
    else:
        yield where, _text(value)


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _section(path: Path, result: dict[str, Any], facts: Sequence[str], table: str) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in result.get("versions", {}).items())
    command = result.get("command", "")
    lines = [
        f"## {result.get('question') or path.stem.replace('-', ' ').capitalize()}",
        "",
        f"`{command}` → `benchmarks/results/{path.name}`" if command else f"`benchmarks/results/{path.name}`",
        "",
        *[line for fact in facts for line in (fact, "")],
        *([f"Versions: {versions}.", ""] if versions else []),
        table,
    ]
    return "\n".join(lines)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
