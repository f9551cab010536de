"""A browser window on the service, and what a test asks of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Error

from waiting import PATIENCE

WINDOWS: dict[str, dict[str, Any]] = {
    "telephone": {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True},
    "tablet": {
        "viewport": {"width": 768, "height": 1024},
        "has_touch": True,
        "is_mobile": True,
        "color_scheme": "dark",
    },
    "desktop": {"viewport": {"width": 1440, "height": 900}},
}
SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value;
}).observe({ type: "layout-shift", buffered: true });
"""
UNLIKE = """() => [...document.querySelectorAll("a[aria-label], button[aria-label]")].filter((one) => {
  const seen = one.innerText.trim();
  return /\\p{L}/u.test(seen) && !one.getAttribute("aria-label").includes(seen);
}).map((one) => one.outerHTML.slice(0, 120))"""
"""Names for screen readers that do not contain what is seen."""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
FOCUSED = """() => { const one = document.activeElement; return one === document.body ? "nothing"
  : one.id || one.getAttribute("aria-label") || one.name || one.textContent.trim() || one.tagName; }"""


@dataclass
class Visit:
    """A page of the browser, and what went wrong in it. touch: whether it is tapped."""

    page: Any
    address: str
    touch: bool
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    awaited: set[Any] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.awaited.add(request))
        for end in ("requestfinished", "requestfailed"):
            self.page.on(end, lambda request: self.awaited.discard(request))

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.settle()

    def settle(self) -> None:
        """Wait until the page has been drawn three times with no request open: what an answer asks for is a request
        before then. Playwright's own "networkidle" waits half a second each time."""
        quiet, deadline = 0, time.monotonic() + PATIENCE
        while quiet < 3:
            assert time.monotonic() < deadline, f"never answered: {[one.url for one in self.awaited]}"
            with suppress(Error):  # the page is just being replaced
                self.page.evaluate(DRAWN)
            quiet = 0 if self.awaited else quiet + 1

    def press(self, target: Any) -> None:
        """Tap or click."""
        target.scroll_into_view_if_needed()
        target.tap() if self.touch else target.click()

    def until(self, condition: str, arg: Any = None) -> None:
        """Wait until an expression or a function of `arg` is true. The page's policy forbids Playwright's own way."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(Error):  # the page is just being replaced
                if self.page.evaluate(condition, arg):
                    return
            self.page.wait_for_timeout(30)
        raise AssertionError(f"never true: {condition}")

    @property
    def focus(self) -> str:
        """What has the focus; "nothing" if it is lost."""
        found: str = self.page.evaluate(FOCUSED)
        return found

    def rate(self, form: Any, level: int) -> None:
        """Rate in a form by pointer; level: the number of the half star. Waits until it is stored."""
        with self.page.expect_response(lambda r: r.url.endswith("/act") and r.ok):
            self.press(form.locator("label").nth(level - 1))

    def check(self, name: str) -> None:
        """No violation of accessibility in either scheme, names that match labels, a layout that fits and stays."""
        width = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert self.page.evaluate(UNLIKE) == [], name
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(f"() => {{ {axe()} }}")
        for scheme in ("dark", "light"):
            self.page.emulate_media(color_scheme=scheme)
            found = json.loads(self.page.evaluate(_RUN, EVERY_RULE))
            assert found == [], f"{name}, {scheme}: {found}"
        assert self.page.evaluate("window.shifts") < 0.05, name


EVERY_RULE = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_RUN = """async (runOnly) => JSON.stringify((await axe.run(document, { runOnly, resultTypes: ["violations"],
  selectors: false })).violations.map((v) => [v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160))]))"""


@cache
def axe() -> str:
    """axe-core, from the package that ships it."""
    import axe_playwright_python

    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@contextmanager
def visiting(browser: Any, address: str, **window: Any) -> Iterator[Visit]:
    """A window of its own; afterwards, no console message, no dialog and no request elsewhere has been seen."""
    context = browser.new_context(**window)
    context.set_default_timeout(20_000)
    context.add_init_script(SHIFTS)
    visit = Visit(context.new_page(), address, bool(window.get("has_touch")))
    page = visit.page
    page.on("console", lambda m: visit.errors.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on("dialog", lambda dialog: (visit.errors.append("a dialog"), dialog.dismiss()))
    page.on("request", lambda r: visit.elsewhere.append(r.url) if not r.url.startswith((address, "blob:")) else None)
    yield visit
    context.close()
    assert visit.errors == []
    assert visit.elsewhere == []
