"""The report's page in a real browser: nothing overflows, every chart is drawn, nothing is fetched, nothing fails."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluation.made_worlds import World
from penchant.evaluation.comparison.compare import compare
from penchant.evaluation.report.evaluate import evaluate
from penchant.evaluation.report.html import values

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
OUTSIDE = """() => [...document.querySelectorAll('svg.chart text')].filter(t => {
  if (getComputedStyle(t).display === 'none') return false;
  const own = t.getBoundingClientRect(), box = t.ownerSVGElement.getBoundingClientRect();
  return own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1;
}).map(t => t.textContent)"""
OVERLAPS = """() => [...document.querySelectorAll('svg.chart')].flatMap(svg => {
  const seen = [...svg.querySelectorAll('text')].filter(t => getComputedStyle(t).display !== 'none');
  const boxes = seen.map(t => [t.textContent, t.getBoundingClientRect()]);
  return boxes.flatMap(([a, x], n) => boxes.slice(n + 1)
    .filter(([b, y]) => x.left < y.right - 1 && y.left < x.right - 1)
    .filter(([b, y]) => x.top + 2 < y.bottom - 2 && y.top + 2 < x.bottom - 2)
    .map(([b]) => a + ' / ' + b));
})"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World(n_users=200, n_items=150, n=6_000)
    split = world.split()
    report = evaluate(world.oracle(split.train), split, others={"blurred": world.oracle(split.train, blur=0.4)})
    return report.to_html(tmp_path_factory.mktemp("report") / "deep" / "report.html")


def test_the_page_is_self_contained(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["'](https?:)?//|@import|url\(""", text)
    assert "{{" not in text and "{%" not in text
    assert page_file.stat().st_size < 600_000


def test_the_page_says_what_it_rests_on(page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    assert re.search(
        r"Data: [\w ,./-]*6,000 ratings by \d+ users of \d+ items\. Split: .* Date: \d{4}-\d\d-\d\d\.", text
    )
    assert re.search(r"The lists of (oracle|blurred) are (better|worse) than", text)
    for label in ("oracle", "blurred"):
        assert f"<dt>Settings of {label}</dt>" in text
    assert "@media print" in text


def test_a_comparison_says_what_it_rests_on(tmp_path: Path) -> None:
    split = World(n_users=60, n_items=40, n=1_200).split()
    found = compare([("als", {"factors": 3}), "baseline"], split)
    text = found.to_html(tmp_path / "comparison.html").read_text(encoding="utf-8")
    assert re.search(r"1,200 ratings by \d+ users of \d+ items", text)
    assert re.search(r"The lists of als[^.]* are (better than|worse than|as good as) ", text)
    assert re.search(r"<dt>Settings of als[^<]*</dt><dd>[^<]*factors 3", text)


def test_a_title_cannot_become_markup() -> None:
    world = World(n_users=40, n_items=30, n=600)
    titles = world.ratings.item_features.titles
    assert isinstance(titles, list)
    titles[:] = ["<script>alert(1)</script>"] * len(titles)
    split = world.split()
    report = evaluate(world.oracle(split.train), split)
    from penchant.evaluation.report.html import render

    text = render("report.html", **values(report))
    assert "alert(1)" in text and "<script>alert" not in text


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have a browser, and chromium was not found")
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 800, 1440])
def test_the_page_in_a_browser(browser: Any, page_file: Path, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    charts = page.evaluate("[...document.querySelectorAll('svg.chart')].map(c => c.getBoundingClientRect().height)")
    assert len(charts) == 10 and min(charts) > 60
    marks = "[...document.querySelectorAll('svg.chart')].map(c => c.querySelectorAll('circle, rect').length)"
    assert min(page.evaluate(marks)) >= 2
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate(OVERLAPS) == []
    assert not said and [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


@pytest.mark.browser
def test_text_has_enough_contrast_in_both_schemes(browser: Any, page_file: Path) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(page_file.as_uri())
        for selector, behind in (
            ("body", "body"),
            (".note", "body"),
            ("td.best", ".scroll"),
            ("figcaption p", "figure"),
        ):
            style = "([at, name]) => getComputedStyle(document.querySelector(at))[name]"
            ink = page.evaluate(style, [selector, "color"])
            paper = page.evaluate(style, [behind, "backgroundColor"])
            assert contrast(ink, paper) >= 4.5, (scheme, selector, ink, paper)
        context.close()


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two CSS colours (WCAG 2.1, 1.4.3)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.browser
def test_hovering_a_dot_shows_its_title(browser: Any, page_file: Path) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(page_file.as_uri())
    spot = page.locator(".map .spot").first
    spot.scroll_into_view_if_needed()
    spot.hover(force=True)
    assert re.search(r"Film \d+ \(\d+ ratings\)", page.locator("#pointed").inner_text())
    page.close()


@pytest.fixture(scope="module")
def comparison_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World()
    split = world.split()
    entries = [world.oracle(split.train), ("baseline", {"user_damping": 50.0}), ("baseline", {"item_damping": 30.0})]
    return compare(entries, split, relevant_from=3.5).to_html(tmp_path_factory.mktemp("comparison") / "c.html")


@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1440])
def test_a_comparison_in_a_browser(browser: Any, comparison_file: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(comparison_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelectorAll('svg.chart circle').length") == 5
    assert page.evaluate(OUTSIDE) == page.evaluate(OVERLAPS) == said == []
    page.close()
