"""The page as it is served, without a browser."""

from __future__ import annotations

import re

import pytest

from penchant.data.scale import Scale
from penchant.service.catalogue import folded, shown
from penchant.service.page import contexts as c
from penchant.service.page.html_responses import HERE
from service.made_service import EVIL, LOVES_SPACE, Value

PAGES = ["/", f"/items/{EVIL}", "/map", "/ratings", "/model", "/parts/list", "/parts/search?search=boo", "/parts/ask"]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_inline_and_nothing_from_elsewhere(made: Value, path: str) -> None:
    text = made.client.get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=|javascript:", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert "<script>alert" not in text


@pytest.mark.parametrize("path", PAGES)
def test_every_asset_a_page_names_is_there(made: Value, path: str) -> None:
    for asset in re.findall(r"\"(/assets/[^\"]+)\"", made.client.get(path).text):
        answer = made.client.get(asset)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_looking_makes_nobody_a_visitor(made: Value) -> None:
    for path in PAGES:
        assert "set-cookie" not in made.client.get(path).headers


def test_the_visitors_cookie_is_out_of_scripts_reach(made: Value) -> None:
    ours = {"Origin": "http://127.0.0.1"}
    answer = made.client.post("/visitor", headers=ours)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "set-cookie" not in made.client.post("/visitor", headers=ours).headers
    assert made.client.post("/visitor", headers={"Origin": "https://elsewhere.example"}).status_code == 403
    made.client.put("/v1/users/me/ratings/5", json={"rating": 5}, headers=ours)
    assert "From one rating" in made.client.get("/").text
    assert made.client.post("/forget-me").status_code == 403
    assert "From one rating" in made.client.get("/").text
    assert made.client.post("/forget-me", headers=ours).status_code == 204
    made.client.cookies.clear()
    assert "Nothing is known of you yet" in made.client.get("/").text


def test_a_cookie_from_before_an_erasure_is_nobodys(made: Value) -> None:
    made.client.cookies.set("penchant_visitor", "stale")
    assert made.client.get("/").status_code == 200
    assert made.client.post("/visitor", headers={"Origin": "http://127.0.0.1"}).headers["set-cookie"]


def test_errors_are_pages_for_people_and_problems_for_programs(made: Value) -> None:
    for path in ("/items/99999", "/nowhere"):
        page = made.client.get(path, headers={"Accept": "text/html"})
        assert page.status_code == 404
        assert "Back to your list" in page.text
        assert made.client.get(path).headers["content-type"] == "application/problem+json"


def test_the_map_has_every_rated_film(made: Value) -> None:
    points = made.client.get("/map/points").json()
    assert len(points["ids"]) == len(points["x"]) == len(points["titles"]) == 60
    assert points["tags"] == ["Sci-Fi", "Romance"]
    space = [x for x, tag in zip(points["x"], points["tag"], strict=True) if tag == 0]
    love = [x for x, tag in zip(points["x"], points["tag"], strict=True) if tag == 1]
    assert min(space) > max(love) or max(space) < min(love)


def test_assets_that_are_none_are_not_found(made: Value) -> None:
    for name in ("../rendering.py", "..%2frendering.py", "missing.js"):
        assert made.client.get(f"/assets/x/{name}").status_code == 404


def test_questions_are_about_well_known_films_not_rated_yet(made: Value) -> None:
    asked = made.client.post("/v1/questions", json={"ratings": LOVES_SPACE, "n": 5, "skip": ["7"]}).json()["items"]
    assert len({item["item"] for item in asked}) == 5
    assert not {item["item"] for item in asked} & {*LOVES_SPACE, "7"}


@pytest.mark.parametrize(
    ("scale", "count", "stars"),
    [
        (Scale(0.5, 5, 0.5), 10, True),
        (Scale(1, 5, 1), 5, True),
        (Scale(1, 10, 1), 10, True),
        (Scale(0, 100, 1), 0, False),
        (Scale(-10, 10, 0), 0, False),
    ],
)
def test_a_scale_is_stars_where_it_can_be(scale: Scale, count: int, stars: bool) -> None:
    found, as_stars = c.levels(scale)
    assert (len(found), as_stars) == (count, stars)


def test_how_sure_in_words_and_places() -> None:
    sure = c.how_sure(4.5, 0.8, 0.8, Scale(0.5, 5, 0.5))
    assert (sure.score, sure.low, sure.high, sure.word) == ("4.5", "3.7", "5", "quite sure")
    assert (sure.filled, sure.at) == (90.0, 88.9)
    assert sure.start + sure.width == pytest.approx(100)
    assert c.how_sure(4.5, 0.95, 0.8, Scale(0.5, 5, 0.5)).word == "fairly sure"
    assert c.how_sure(3, 2.0, 0.8, Scale(0.5, 5, 0.5)).word == "more of a guess"


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("Matrix, The (1999)", "The Matrix (1999)"),
        ("Misérables, Les (1995)", "Les Misérables (1995)"),
        ("Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)",
         "The Good, the Bad and the Ugly (Buono, il brutto, il cattivo, Il) (1966)"),
        ("Alien (1979)", "Alien (1979)"),
    ],
)  # fmt: skip
def test_titles_are_shown_as_they_are_spoken(kept: str, said: str) -> None:
    assert shown(kept) == said


def test_searching_forgets_accents_case_and_punctuation() -> None:
    assert folded("Amélie's  CAFÉ: III") == "amelies cafe iii"


def test_templates_mark_nothing_as_safe() -> None:
    for path in (HERE / "templates").iterdir():
        assert "|safe" not in path.read_text().replace(" ", "")
