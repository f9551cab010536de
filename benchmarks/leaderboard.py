"""docs/leaderboard.md from benchmarks/results/*.json: every figure with its protocol, seeds, versions and command.

python benchmarks/leaderboard.py            # or: make leaderboard
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "benchmarks" / "results", ROOT / "docs" / "leaderboard.md"
HEAD = """# Leaderboard

Value by `make leaderboard` from `benchmarks/results/*.json`; a test refuses a figure here that no result file holds.
Anybody can rerun each table with the command above it. A time holds only beside others of the same run.
"""
ASIDE = ("command", "versions", "question", "protocol", "split", "machine", "remark")
DETAILS = ("settings", "facts", "choice", "tried", "library", "version")
"""What a row carries besides its metrics; it stays in the result file."""
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
    races_first = sorted(found.items(), key=lambda one: "entries" not in one[1])
    parts += [_shape(told)(path, told) for path, told in races_first]
    return "\n".join(parts)


def _shape(told: dict[str, Any]) -> Callable[[Path, dict[str, Any]], str]:
    """How a result file is shown: a race of models, rows that each have a protocol, or whatever it holds."""
    if "entries" in told:
        return _comparison
    rows = told.get("metrics")
    return _rows if isinstance(rows, list) and all("protocol" in row for row in rows) else _metrics


def _rows(path: Path, told: dict[str, Any]) -> str:
    """Metrics that each have a protocol of their own: one row each, with its command."""
    heads = [name for name in dict.fromkeys(name for row in told["metrics"] for name in row) if name != "protocol"]
    rows = [
        [*(_text(row.get(name, "")) for name in heads), f"`{row['protocol']['command']}`"] for row in told["metrics"]
    ]
    merged: dict[str, str] = {}
    for row in told["metrics"]:
        merged |= row["protocol"].get("versions", {})
    return _section(path, {"versions": merged, **told}, [], _table([*heads, "command"], rows))


def _comparison(path: Path, told: dict[str, Any]) -> str:
    """A race of models: one row each."""
    split, measuring = told["protocol"], told["protocol"]["measuring"]
    rows, users, items = split["rows"], split["test_users"], split["test_items"]
    facts = [
        f"Split: {split['split']}. {rows['train']:,} training rows, {rows['tested']:,} tested; test users met in "
        f"training {users['met']:,}, not met {users['unmet']:,}; items {items['met']:,} and {items['unmet']:,}. "
        f"Lists rank every item the user has not rated; liked is {split['relevant_from']:g} or more.",
        f"In brackets: {measuring['level']:.0%} intervals over users ({measuring['replicates']} samples). "
        "≈: not different from the best (permutation test by user, Holm).",
        *([told["remark"]] if "remark" in told else []),
    ]
    heads = ["model", *(words for _, words in COLUMNS), "", "seeds", "train s", "MB"]
    table = _table(heads, [_row(entry, told) for entry in told["entries"]])
    return _section(path, told, facts, table)


def _row(entry: dict[str, Any], told: dict[str, Any]) -> list[str]:
    cells = [_cell(name, entry["metrics"].get(name), told["by"]) for name, _ in COLUMNS]
    seconds, megabytes = (sum(entry[name]) / len(entry[name]) for name in ("seconds", "megabytes"))
    seeds = ", ".join(map(str, entry["seeds"]))
    return [entry["label"], *cells, _mark(entry["label"], told), seeds, f"{seconds:.1f}", f"{megabytes:.0f}"]


def _cell(name: str, figure: dict[str, Any] | None, by: str) -> str:
    if figure is None or figure["value"] is None:
        return ""
    text = f"{figure['value']:.4f}"
    return f"{text} [{figure['low']:.4f}, {figure['high']:.4f}]" if name == by else text


def _mark(label: str, told: dict[str, Any]) -> str:
    best = told["entries"][0]["label"]
    alike = any({pair["first"], pair["second"]} == {best, label} and not pair["differs"] for pair in told["pairs"])
    return "≈" if alike else ""


def _metrics(path: Path, told: dict[str, Any]) -> str:
    """Any other result: its parts in order, lists of rows as tables."""
    told = {"question": path.stem.replace("-", " ").replace("_", " ").capitalize(), **told}
    facts = [
        said if isinstance(said, str) else ", ".join(f"{k}: {v}" for k, v in flat(said))
        for said in (told.get("protocol", ""), told.get("split", ""))
    ]
    rest = {name: part for name, part in told.items() if name not in ASIDE}
    return _section(path, told, [fact for fact in facts if fact], "\n".join(_parts(rest, "")))


def _parts(value: dict[str, Any], title: str) -> Iterator[str]:
    """Tables of a nested result: first its plain metrics, then each part under its name."""
    rows_of = {name: part for name, part in value.items() if _is_rows(part)}
    nested = {name: part for name, part in value.items() if isinstance(part, dict) and "versions" in part}
    plain = {name: part for name, part in value.items() if name not in rows_of and name not in nested}
    if plain:
        yield (f"**{title}**\n\n" if title else "") + _table(["figure", "value"], [list(one) for one in flat(plain)])
    for name, part in nested.items():
        yield from _parts(part, f"{title} · {name}" if title else name)
    for name, rows in rows_of.items():
        leaves = [dict(flat({key: one for key, one in row.items() if key not in DETAILS})) for row in rows]
        heads = list(dict.fromkeys(head for row in leaves for head in row))
        yield f"{name.capitalize()}:\n\n" + _table(heads, [[row.get(head, "") for head in heads] for row in leaves])


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _is_interval(value: Any) -> bool:
    """A figure and its two ends."""
    return isinstance(value, list) and len(value) == 3 and all(isinstance(one, float) for one in value)


def flat(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of a JSON value with the path to each."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from flat(part, f"{where} · {name}" if where else str(name))
    elif _is_interval(value):
        figure, low, high = map(_text, value)
        yield where, f"{figure} [{low}, {high}]"
    elif isinstance(value, list):
        for number, part in enumerate(value, 1):
            yield from flat(part, f"{where} · {number}")
    else:
        yield where, _text(value)


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _section(path: Path, told: dict[str, Any], facts: Sequence[str], table: str) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in told.get("versions", {}).items())
    command = told.get("command", "")
    lines = [
        f"## {told.get('question') or path.stem.replace('-', ' ').capitalize()}",
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
