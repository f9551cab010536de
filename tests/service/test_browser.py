"""The page in a real Chromium, with real films: one journey for each width, by touch, by mouse and by keyboard."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penchant.data.movielens import movielens
from penchant.recommending.recommender import Recommender
from penchant.recommending.train_parts import train
from service.made_service import key_for, served
from service.programs import chromium
from service.visits import WINDOWS, Visit, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EVIL = '<script>alert("boo")</script> Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz (2026)'
"""A title that is a script, and has a word longer than a telephone is wide."""
NOT_ASKED = "(item) => !document.querySelector(`#ask [data-item='${item}']`)"
PICTURES = {"desktop": ("home", "item", "taste", "map"), "telephone": ("first-run", "home", "search")}
"""The journeys whose pictures the guide shows; `PENCHANT_SCREENSHOTS=docs/guide/images` renews them."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """One server with one model of real films, and one browser, for all tests here."""
    import httpx2 as httpx

    folder = tmp_path_factory.mktemp("browser")
    films = movielens()
    rating = train(films, "bayes", seed=0, samples=10, burn_in=20, factors=8).rating_model
    Recommender(rating, train(films, "ease").choice_model).save(folder / "model")
    database = folder / "ratings.db"
    key = key_for(folder / "model", f"sqlite:///{database}")
    with served(folder / "model", database) as address, chromium() as browser:
        new = {"item": "evil", "title": EVIL, "features": {"genres": ["Horror"]}}
        assert httpx.post(f"{address}/v1/items", json=new, headers=key).status_code == 201
        yield address, browser


def keep(visit: Visit, name: str, window: str) -> None:
    """A picture for the guide, if they are being renewed."""
    folder = os.environ.get("PENCHANT_SCREENSHOTS")
    if folder and name in PICTURES.get(window, ()):
        scheme = "light" if window == "desktop" else "dark"
        visit.page.emulate_media(color_scheme=scheme)
        shown = {"desktop": "wide", "telephone": "telephone"}[window]
        visit.page.screenshot(path=Path(folder) / f"{name}-{shown}-{scheme}.png")


@pytest.mark.parametrize("window", WINDOWS)
def test_the_whole_journey(site: tuple[str, Any], window: str, tmp_path: Path) -> None:
    address, browser = site
    with visiting(browser, address, **WINDOWS[window]) as visit:
        _first_run(visit, window)
        _rows(visit, window)
        _longer_list_and_back(visit)
        _search(visit, window)
        _item(visit, window)
        _taste_and_map(visit, window)
        _yours(visit, window, tmp_path)
        visit.open("/items/XyZ")
        visit.check("error")
        assert "XyZ" in visit.page.locator("main").inner_text()
        assert all("404" in error for error in visit.errors)
        visit.errors.clear()


def _first_run(visit: Visit, window: str) -> None:
    page = visit.page
    visit.open("/")
    visit.check("first run")
    keep(visit, "first-run", window)
    asked = page.locator("#ask .asked:visible")
    high = page.viewport_size["height"]
    boxes = [one.locator("fieldset").bounding_box() for one in asked.all()[:2]]
    assert all(box["y"] + box["height"] < high - 60 for box in boxes)  # two can be rated without scrolling
    assert all(box["width"] >= 200 and box["height"] >= 44 for box in boxes)
    first = asked.first.get_attribute("data-item")
    with page.expect_response(lambda r: r.url.endswith("/act") and r.ok):
        visit.press(asked.first.get_by_role("button", name="Haven’t seen it"))
    visit.until(NOT_ASKED, arg=first)
    assert visit.focus.startswith("a-")
    for n, heading in enumerate(("Your list so far", "Your list so far", "For you"), 1):
        item = page.locator("#ask .asked").first.get_attribute("data-item")
        visit.rate(page.locator("#ask .asked").first, 10)
        visit.until(NOT_ASKED, arg=item)
        page.get_by_role("heading", name=heading).wait_for()
        assert visit.focus.startswith("a-") if n < 3 else visit.focus == "h-for-you"
    visit.settle()


def _rows(visit: Visit, window: str) -> None:
    page = visit.page
    visit.open("/")
    visit.until("!document.querySelector('[data-later]')")
    headings = page.locator(".shelf h2").all_inner_texts()
    assert headings[:2] == ["For you", "Popular this month"]
    assert headings[2].startswith("Because you liked ")
    assert headings[3:] == ["New to the catalogue", "A little further afield"]
    assert page.locator("#row-new .title").first.inner_text() == EVIL.removesuffix(" (2026)")
    visit.check("home")
    keep(visit, "home", window)
    page.select_option("#filters [name=genre]", "Western")
    page.wait_for_url("**/?genre=Western")
    visit.until("document.activeElement.name === 'genre'")
    western = page.locator("#row-for-you .pick").first.get_attribute("href")
    page.go_back()
    visit.until("(href) => document.querySelector('#row-for-you .pick')?.getAttribute('href') !== href", arg=western)
    assert "genre" not in page.url
    _cards(visit)


def _cards(visit: Visit) -> None:
    """Hide, undo, save and rate on a card; the focus is never lost."""
    page = visit.page
    card = page.locator("#row-for-you .card").first
    title = card.locator(".hide").get_attribute("aria-label").removeprefix("Not for me: ")
    visit.press(card.locator(".hide"))
    card.get_by_role("button", name="Undo").wait_for()
    assert visit.focus == "Undo"
    visit.press(card.get_by_role("button", name="Undo"))
    card.locator(".hide").wait_for()
    assert visit.focus == f"Not for me: {title}"
    second = page.locator("#row-for-you .card").nth(1)
    visit.press(second.locator(".save"))
    second.locator(".save[aria-pressed=true]").wait_for()
    assert visit.focus.startswith("Save ")
    tool = second.locator("[data-rate]")
    visit.press(tool)
    page.locator("#rate-box[open]").wait_for()
    assert visit.focus == "d-1"
    visit.rate(page.locator("#rate-box"), 8)
    page.locator("#rate-box").wait_for(state="hidden")
    assert second.locator(".own").inner_text() == "4"
    assert visit.focus.endswith("you gave 4")
    visit.open("/watchlist")
    visit.check("watchlist")
    assert page.locator(".card").count() == 1


def _longer_list_and_back(visit: Visit) -> None:
    page = visit.page
    visit.open("/rows/popular")
    visit.check("row")
    visit.press(page.locator("#more"))
    visit.until("document.querySelectorAll('#grid .card').length === 48")
    assert page.url.endswith("n=48")
    assert page.evaluate("document.activeElement === document.querySelectorAll('#grid .pick')[24]")
    at = page.evaluate("scrollY")
    assert at > 0
    titles = page.locator("#grid .title").all_inner_texts()
    page.locator("#grid .pick").nth(24).press("Enter")
    page.wait_for_url("**/items/*")
    page.go_back()
    visit.until("document.querySelectorAll('#grid .card').length === 48")
    assert page.locator("#grid .title").all_inner_texts() == titles
    visit.until("(at) => Math.abs(scrollY - at) < 40", arg=at)


def _search(visit: Visit, window: str) -> None:
    page = visit.page
    visit.open("/")
    page.keyboard.press("/")
    assert visit.focus == "search"
    page.keyboard.type("godfater")
    page.locator("#found .row").first.wait_for()
    assert page.locator("#found .title").first.inner_text() == "The Godfather (1972)"
    visit.check("search")
    keep(visit, "search", window)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.classList.contains('what')")
    page.keyboard.press("Escape")
    assert visit.focus == "search"
    page.locator("#panel").wait_for(state="hidden")
    page.keyboard.press("Backspace")
    page.locator("#panel .row").first.wait_for()
    # In place, by keyboard alone: arrows choose, Enter rates.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    with page.expect_response(lambda r: r.url.endswith("/act") and r.ok):
        for _ in range(8):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
    visit.until("document.querySelector('#found .given').textContent !== ''")
    assert visit.focus.startswith("s-")
    visit.press(page.locator("#found .what").first)
    page.wait_for_url("**/items/858")
    page.go_back()
    page.locator("#found .row").first.wait_for()
    assert page.input_value("#search") == "godfate"
    page.fill("#search", "")
    page.get_by_role("button", name="godfate").wait_for()  # a recent search


def _item(visit: Visit, window: str) -> None:
    page = visit.page
    visit.open("/items/260")
    before = page.locator("#expected .big").first.inner_text()
    assert page.get_by_role("link", name="IMDb").get_attribute("href") == "https://www.imdb.com/title/tt0076759/"
    visit.press(page.locator("#why summary"))
    assert page.locator("#why .split").count() == 2
    visit.check("item")
    keep(visit, "item", window)
    visit.rate(page.locator("#rate form.rate"), 1)
    visit.until("(old) => document.querySelector('#expected .big').innerText !== old", arg=before)
    assert visit.focus.startswith("i-260")
    with page.expect_response(lambda r: r.url.endswith("/act") and r.ok):
        visit.press(page.get_by_role("button", name="Take back"))
    visit.until("document.activeElement.id === 'i-260-1'")
    visit.open("/items/evil")
    assert page.locator("h1").inner_text() == EVIL
    visit.check("a long title")


def _taste_and_map(visit: Visit, window: str) -> None:
    page = visit.page
    visit.open("/taste")
    visit.check("taste")
    keep(visit, "taste", window)
    visit.open("/map")
    page.wait_for_selector("canvas[data-ready]")
    visit.check("map")
    keep(visit, "map", window)
    canvas, zoom = page.locator("#map"), "document.getElementById('map').dataset.zoom"
    canvas.focus()
    page.keyboard.press("+")
    assert page.evaluate(zoom) == "1.40"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.getElementById('map').dataset.at") != "0.000 0.000"
    assert visit.focus == "map"
    page.keyboard.press("0")
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    if visit.touch:
        _touch(visit, x, y)
    else:
        page.mouse.move(x, y)
        page.mouse.wheel(0, 200)
        visit.until("scrollY > 0")
        assert page.evaluate(zoom) == "1.00"  # the wheel scrolls the page
        page.keyboard.down("Control")
        page.mouse.wheel(0, -200)
        page.keyboard.up("Control")
        visit.until(f"Number({zoom}) > 1.5")
    page.fill("#map-search", "starwars")
    page.get_by_role("heading", name="Found").wait_for()
    assert all("Star Wars" in one for one in page.locator("#middle a").all_inner_texts())


def _touch(visit: Visit, x: float, y: float) -> None:
    """A tap chooses, two fingers zoom, and one finger scrolls the page."""
    page = visit.page
    send = page.context.new_cdp_session(page).send

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": fx, "y": fy, "id": n} for n, (fx, fy) in enumerate(fingers)]
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x - 30, y), (x + 30, y))
    for step in range(1, 6):
        touch("touchMove", (x - 30 - 12 * step, y), (x + 30 + 12 * step, y))
    touch("touchEnd")
    visit.until("Number(document.getElementById('map').dataset.zoom) > 1.5")
    at = page.evaluate("scrollY")
    touch("touchStart", (x, y))
    for step in range(1, 8):
        touch("touchMove", (x, y - 30 * step))
    touch("touchEnd")
    visit.until("(at) => scrollY > at", arg=at)
    page.evaluate("scrollTo(0, 0)")
    visit.press(page.get_by_role("button", name="All"))
    box = page.locator("#map").bounding_box()
    for across in (0.5, 0.4, 0.6, 0.3):  # somewhere there is a dot below the finger
        page.touchscreen.tap(box["x"] + across * box["width"], box["y"] + 0.55 * box["height"])
        if page.locator("#chosen:visible a").count():
            break
    assert page.locator("#chosen a").get_attribute("href").startswith("/items/")


def _yours(visit: Visit, window: str, folder: Path) -> None:
    page = visit.page
    visit.open("/ratings")
    visit.check("ratings")
    keep(visit, "ratings", window)
    with page.expect_download() as download:
        visit.press(page.get_by_role("link", name="Export as CSV"))
    download.value.save_as(folder / "mine.csv")
    held = len((folder / "mine.csv").read_text().splitlines()) - 1
    assert held >= 4
    (folder / "ratings.csv").write_text("Date,Name,Year,Letterboxd URI,Rating\n2020-01-01,Amélie,2001,x,5\n")
    page.set_input_files("[name=file]", folder / "ratings.csv")
    visit.press(page.get_by_role("button", name="Import"))
    page.get_by_text("1 of 1 ratings from Letterboxd are here now.").wait_for()
    assert visit.focus == "said"
    visit.press(page.get_by_role("button", name="Code for another device"))
    code = page.locator(".code").inner_text()
    assert re.fullmatch(r"[A-Z2-9]{4}-[A-Z2-9]{4}", code)
    visit.open("/ratings")
    assert page.locator("#mine .row").count() == held + 1
    visit.press(page.locator("#confirm summary"))
    visit.press(page.get_by_role("button", name="Yes, erase"))
    page.get_by_text("You have not rated anything in this browser").wait_for()
    assert [one["name"] for one in page.context.cookies()] == []


def test_reading_and_rating_work_without_scripts(site: tuple[str, Any]) -> None:
    address, browser = site
    with visiting(browser, address, java_script_enabled=False) as visit:
        page = visit.page
        page.goto(address)
        for n in range(3):
            asked = page.locator("#ask .asked").first
            asked.locator("label").nth(8 + n % 2).click()
            asked.get_by_role("button", name="Rate", exact=True).click()
        page.get_by_text("From your 3 ratings.").wait_for()
        card = page.locator("#row-for-you .card").first
        card.locator(".save").click()
        page.goto(f"{address}/watchlist")
        assert page.locator(".card").count() == 1
        page.fill("#search", "xmen")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?search=xmen")
        assert page.locator("#results .title").first.inner_text() == "X-Men (2000)"
        page.goto(f"{address}/items/260")
        page.locator("#why summary").click()
        assert page.locator("#why .split").first.is_visible()
        page.goto(f"{address}/map")
        assert page.locator("#middle a").count() == 12


def test_a_failure_is_shown_and_can_be_tried_again(site: tuple[str, Any]) -> None:
    address, browser = site
    with visiting(browser, address, **WINDOWS["desktop"]) as visit:
        page = visit.page
        visit.open("/items/260")
        page.route("**/act", lambda route: route.abort())
        page.locator("#rate label").nth(5).click()
        page.get_by_text("not saved, the server cannot be reached").wait_for()
        assert visit.focus == "Try again"
        page.unroute("**/act")
        page.get_by_role("button", name="Try again").click()
        page.get_by_text("3 saved.").wait_for()
        assert all("Failed to load resource" in error for error in visit.errors)
        visit.errors.clear()
