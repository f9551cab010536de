"""Every figure of the README, the benchmarks page and the result tables comes from a result file."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmark_modules import benchmark

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = RESULTS / "README.md"
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?:e[+-]?\d+)?(?![\w.])")


def numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for part in value.values():
            yield from numbers_in(part)
    elif isinstance(value, list):
        if value and all(isinstance(one, int | float) for one in value):
            yield sum(value) / len(value)
        for part in value:
            yield from numbers_in(part)
    elif isinstance(value, str):
        yield from map(float, NUMBER.findall(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def unfounded(page: str, results: Path) -> list[str]:
    """The numbers in the tables of a page that are not in the result file of the table's section."""
    found = []
    for section in page.split("\n## ")[1:]:
        name = re.search(r"benchmarks/results/([\w.-]+\.json)", section)
        held = list(numbers_in(json.loads((results / name.group(1)).read_text(encoding="utf-8")))) if name else []
        rows = "\n".join(line for line in section.splitlines() if line.startswith("|"))
        for text in NUMBER.findall(rows):
            decimals = len(text.partition(".")[2].partition("e")[0])
            shown = float(text)
            near = 0.51 * 10**-decimals if "e" not in text else abs(shown) * 1e-5
            if not any(abs(shown - one) <= near for one in held):
                found.append(text)
    return found


def test_every_section_is_generated_from_its_result_file() -> None:
    generator = runpy.run_path(str(ROOT / "benchmarks" / "result_tables.py"))
    fresh = generator["page"](RESULTS).split("\n## ")
    for section in PAGE.read_text(encoding="utf-8").split("\n## "):
        assert section.strip() in {one.strip() for one in fresh}, f"make benchmark-pages: {section.splitlines()[0]}"


PAGES = vars(benchmark("benchmark_pages"))


def test_the_benchmarks_page_and_the_readme_are_what_the_result_files_make_them() -> None:
    assert PAGES["PAGE"].read_text(encoding="utf-8") == PAGES["page"](), "run `make benchmark-pages`"
    readme = PAGES["README"].read_text(encoding="utf-8")
    assert readme == PAGES["with_table"](readme), "run `make benchmark-pages`"


def test_the_readme_has_no_figure_outside_its_table() -> None:
    readme = PAGES["README"].read_text(encoding="utf-8")
    prose = readme.partition(PAGES["BEGIN"])[0] + readme.partition(PAGES["END"])[2]
    assert re.findall(r"(?<![\w.=])0\.\d{3,}", prose) == []


def test_the_benchmarks_page_can_be_read_in_one_go() -> None:
    assert len(PAGES["page"]().splitlines()) <= 145


def test_every_number_is_in_a_result_file() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(NUMBER.findall(page)) > 10
    assert unfounded(page, RESULTS) == []


@pytest.mark.parametrize(
    ("row", "refused"),
    [
        ("| als | 0.8543 [0.8211, 0.8888] |", []),
        ("| als | 0.8443 [0.8211, 0.8888] |", ["0.8443"]),
        ("| als | 0.8543 | 2.5 |", []),
        ("| als | 0.8543 | 2.6 |", ["2.6"]),
    ],
)
def test_an_invented_number_is_refused(tmp_path: Path, row: str, refused: list[str]) -> None:
    metrics = {"rmse": {"value": 0.85432, "low": 0.8211, "high": 0.88879}, "seconds": [2.0, 3.0]}
    (tmp_path / "one.json").write_text(json.dumps(metrics))
    page = f"# L\n\n## One\n\n`benchmarks/results/one.json`\n\n{row}\n"
    assert unfounded(page, tmp_path) == refused


def test_a_table_without_a_result_file_is_refused(tmp_path: Path) -> None:
    assert unfounded("# L\n\n## One\n\n| als | 0.85 |\n", tmp_path) == ["0.85"]


def test_each_result_has_its_command_and_versions() -> None:
    for path in RESULTS.glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert '"command": "python benchmarks/' in text and '"versions"' in text, path.name
