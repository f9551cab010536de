"""The page in a real Chromium: rated, read and erased as a visitor would, by mouse and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from service.made_service import EVIL, running
from service.programs import chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass
class Visit:
    """A browser window on the service, and what went wrong in it."""

    page: Any
    address: str
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def titles(self) -> list[str]:
        return self.page.locator("#list .title").all_inner_texts()

    def find(self, text: str) -> Any:
        """The first row that a search for the text shows."""
        with self.page.expect_response(lambda r: "/parts/search" in r.url and r.ok):
            self.page.fill("#search", text)
        row = self.page.locator("#found .row").first
        row.wait_for()
        return row

    def rate(self, text: str, stars: float) -> None:
        """Click the stars and wait for the list that follows."""
        row = self.find(text)
        with self.page.expect_response(lambda r: "/parts/list" in r.url and r.ok):
            row.locator(f'label[title="{stars:g}"]').click()
        self.page.locator("#list:not([aria-busy])").wait_for()


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("browser")
    flags = {"database": f"sqlite:///{folder / 'ratings.db'}", "address_rate": 1000, "address_burst": 10_000}
    with running(model_folder, folder / "log", **flags) as server, chromium() as browser:
        yield server.address, browser


@pytest.fixture(params=[{}], ids=["wide"])
def visit(window: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    address, browser = window
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **request.param})
    context.set_default_timeout(30_000)
    visit = Visit(context.new_page(), address)
    visit.page.on("console", lambda m: visit.errors.append(m.text) if m.type in ("error", "warning") else None)
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    visit.page.on("dialog", lambda dialog: (visit.errors.append("a dialog"), dialog.dismiss()))
    visit.page.on("request", lambda r: visit.elsewhere.append(r.url) if not r.url.startswith(address) else None)
    visit.page.goto(address)
    yield visit
    context.close()
    assert visit.errors == []
    assert visit.elsewhere == []


def test_rate_three_films_reload_explain_erase(visit: Visit) -> None:
    page, before = visit.page, visit.titles()
    visit.rate("starship 2", 5)
    visit.rate("starship 7", 4.5)
    visit.rate("cafe 4", 0.5)
    after = visit.titles()
    assert after != before
    assert all("Starship" in title for title in after[:5])
    assert page.locator("#list .lead").inner_text() == "From your 3 ratings."
    page.reload()
    assert visit.titles() == after
    assert page.locator("#mine .given").all_inner_texts() == ["0.5", "4.5", "5"]
    page.locator("#list .why summary").first.click()
    account = page.locator("#list .why .account").first
    account.locator(".pulls li").first.wait_for()
    assert "you gave 5" in account.inner_text()
    page.get_by_role("link", name="Your ratings", exact=True).click()
    page.get_by_role("button", name="Erase everything").click()
    page.get_by_role("button", name="Yes, erase").click()
    page.get_by_text("You have not rated anything in this browser").wait_for()
    page.goto(visit.address)
    assert visit.titles() == before
    assert visit.page.context.cookies() == []


def test_a_rating_can_be_taken_back(visit: Visit) -> None:
    visit.rate("starship 9", 4)
    row = visit.page.locator("#mine .row").first
    with visit.page.expect_response(lambda r: "/parts/mine" in r.url):
        row.get_by_role("button", name="Take back").click()
    visit.page.get_by_text("Nothing yet.").wait_for()
    assert visit.page.locator("#found .given").first.inner_text() == ""


def test_everything_by_keyboard(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("/")
    with page.expect_response(lambda r: "/parts/search" in r.url):
        page.keyboard.type("starship 21")
    page.locator("#found .row").first.wait_for()
    page.keyboard.press("Tab")  # the search button
    page.keyboard.press("Tab")  # the title
    page.keyboard.press("Tab")  # its stars
    assert page.evaluate("document.activeElement.type") == "radio"
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok) as kept:
        page.keyboard.press("Space")
        for _ in range(8):
            page.keyboard.press("ArrowRight")
    assert kept.value.json()["rating"] == 4.5
    page.get_by_text("4.5 saved.").wait_for()
    page.locator("#list:not([aria-busy])").wait_for()
    page.locator("#list .why summary").first.focus()
    page.keyboard.press("Enter")
    page.locator("#list .why .account .pulls").first.wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "A"


def test_being_asked_and_not_knowing(visit: Visit) -> None:
    page = visit.page
    asked = page.locator("#ask .what a").all_inner_texts()
    with page.expect_response(lambda r: "/parts/ask" in r.url and r.ok):
        page.locator("#ask .skip-item").first.click()
    page.locator("#ask:not([aria-busy])").wait_for()
    fresh = page.locator("#ask .what a").all_inner_texts()
    assert asked[0] not in fresh
    assert len(fresh) == len(asked)
    with page.expect_response(lambda r: "/parts/ask" in r.url and r.ok):
        page.locator('#ask label[title="4"]').first.click()
    page.locator("#ask:not([aria-busy])").wait_for()
    assert fresh[0] not in page.locator("#ask .what a").all_inner_texts()


def test_a_film_named_script_is_only_a_name(visit: Visit) -> None:
    name = '<script>alert("boo")</script> & Co (1983)'
    row = visit.find("boo")
    assert row.locator(".what a").inner_text() == name
    visit.rate("boo", 5)
    assert name in visit.page.locator("#notice").inner_text()
    visit.page.goto(f"{visit.address}/items/{EVIL}")
    assert visit.page.locator("h1").inner_text() == name
    visit.page.goto(f"{visit.address}/map#{EVIL}")
    visit.page.wait_for_selector("canvas[data-ready]")
    visit.page.get_by_role("link", name=name).wait_for()


def test_the_map_highlights_and_opens(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.address}/map")
    page.wait_for_selector("canvas[data-ready='60']")
    page.fill("#map-search", "starship 3")
    page.get_by_text("Highlighted").wait_for()
    links = page.locator("#middle a").all_inner_texts()
    assert links
    assert all("Starship" in title for title in links)
    page.locator("#map").focus()
    blank = page.locator("#map").screenshot()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(300)
    assert page.locator("#map").screenshot() != blank
    page.locator("#middle a").first.click()
    page.wait_for_url("**/items/*")


def test_an_item_page_changes_with_its_own_rating(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.address}/items/5")
    before = page.locator("#expected .score").inner_text()
    with page.expect_response(lambda r: r.url.endswith("/items/5") and r.request.resource_type == "fetch"):
        page.locator('.fact label[title="0.5"]').click()
    page.locator("#expected:not([aria-busy])").wait_for()
    assert page.locator("#expected .score").inner_text() < before
    assert page.locator(".near li").count() == 12


def test_a_failure_is_shown_and_can_be_tried_again(visit: Visit) -> None:
    page = visit.page
    page.route("**/v1/users/me/ratings/**", lambda route: route.abort())
    row = visit.find("starship 11")
    row.locator('label[title="3"]').click()
    page.get_by_text("is not saved: the server cannot be reached").wait_for()
    page.unroute("**/v1/users/me/ratings/**")
    with page.expect_response(lambda r: r.request.method == "PUT" and r.ok):
        page.get_by_role("button", name="Try again").click()
    page.get_by_text("3 saved.").wait_for()
    assert any("Failed to load resource" in error for error in visit.errors)
    visit.errors.clear()


def test_a_slow_network_is_shown(visit: Visit) -> None:
    page, held = visit.page, []
    page.route("**/parts/list", lambda route: held.append(route))
    row = visit.find("starship 14")
    row.locator('label[title="3"]').click()
    page.locator("#list[aria-busy=true]").wait_for()
    held[0].continue_()
    page.locator("#list:not([aria-busy])").wait_for()


TELEPHONE = {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("visit", [TELEPHONE], indirect=True, ids=["telephone"])
def test_nothing_runs_off_a_telephones_edge(visit: Visit) -> None:
    visit.find("starship 1")
    for path in ("/", "/items/13", "/map", "/ratings", "/model", "/nowhere"):
        visit.page.goto(visit.address + path)
        width = visit.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 375, path
    visit.errors.clear()  # the page that is not there


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").rstrip(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    "visit", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True, ids=["dark", "light"]
)
def test_text_stands_out_from_its_ground(visit: Visit) -> None:
    """WCAG's contrast of 4.5 for every kind of text on the page, in both schemes."""
    ground = visit.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    for selector in ("h1", ".lead", "#list .title", ".tags", ".sure", "summary", "nav a", ".skip-item"):
        ink = visit.page.locator(selector).first.evaluate("one => getComputedStyle(one).color")
        pair = sorted((_luminance(ink), _luminance(ground)))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5, selector


@pytest.mark.parametrize("visit", [{"java_script_enabled": False}], indirect=True, ids=["no scripts"])
def test_searching_works_without_scripts(visit: Visit) -> None:
    visit.page.fill("#search", "starship 1")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url("**/?search=**")
    assert visit.page.locator("#found .row").count() == 8
