"""Every code block of the docs runs, and prints what its page says."""

from __future__ import annotations

import re
from os.path import normpath
from pathlib import Path

import pytest

from docs_site.generated import generated_places
from pages import ROOT, blocks, run
from trained_once import TrainedOnce

RUN = ("python", "sh run")
FILES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EVERY_PAGE = {page: blocks(page.read_text(encoding="utf-8")) for page in FILES}
PAGES = [page for page, found in EVERY_PAGE.items() if any(block.kind in RUN for block in found)]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_runs(page: Path, tmp_path: Path, trained_once: TrainedOnce) -> None:
    with trained_once():
        run(page, tmp_path)


def written(tmp_path: Path, text: str) -> Path:
    page = tmp_path / "page.md"
    page.write_text(text)
    return page


def test_blocks_share_their_names_and_may_promise_output(tmp_path: Path) -> None:
    run(written(tmp_path, "```python\na = 1\n```\nthen\n```python\nprint(a + 1)\n```\n\n```text\n2\n```\n"), tmp_path)


def test_a_broken_promise_is_found_and_points_at_its_line(tmp_path: Path) -> None:
    page = written(tmp_path, "# T\n\n```python\nprint(1)\n```\n```text\n2\n```\n")
    with pytest.raises(AssertionError, match=r"page\.md:4 prints"):
        run(page, tmp_path)


def test_a_block_that_raises_raises(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run(written(tmp_path, "```python\n1 / 0\n```\n"), tmp_path)


def test_other_fences_are_only_shown(tmp_path: Path) -> None:
    run(written(tmp_path, "```sh\nexit 1\n```\n```python no run\n1 / 0\n```\n```text\nx\n```\n"), tmp_path)


def test_shell_blocks_run_the_command_and_fail_with_it(tmp_path: Path) -> None:
    run(written(tmp_path, "```sh run\npenchant --version > v.txt\ntest -s v.txt\n```\n"), tmp_path)
    with pytest.raises(AssertionError, match="ends with 2"):
        run(written(tmp_path, "```sh run\npenchant recommend nowhere --user 1\n```\n"), tmp_path)


def test_links_between_pages_lead_somewhere() -> None:
    """To a file, or to a page that the site makes (the strict build checks those by their anchors too)."""
    made, broken = {ROOT / "docs" / place for place in generated_places()}, []
    for page in (ROOT / "docs").rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            full = Path(normpath(page.parent / target))
            if "://" not in target and not full.exists() and full not in made:
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert not broken
