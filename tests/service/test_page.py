"""The page as it is served, without a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from penchant.data.scale import Scale
from penchant.service.catalogue import names_of, shown
from penchant.service.page import contexts as c
from penchant.service.page.html_responses import HERE
from penchant.service.title_search import TitleSearch, folded
from service.made_service import EVIL, LOVES_SPACE, Value, made_service

PAGES = [
    "/", f"/items/{EVIL}", "/map", "/ratings", "/model", "/rows/for-you", "/search?search=boo", "/taste", "/watchlist",
    "/rows/popular?genre=Romance&years=1980-1989",
]  # fmt: skip
OURS = {"Origin": "http://127.0.0.1"}
SCRIPT = {**OURS, "Accept": "application/json"}
FORM = {**OURS, "Accept": "text/html"}


def act(made: Value, item: str, do: str, headers: dict[str, str] = SCRIPT, **more: str) -> Any:
    answer = made.client.post("/act", data={"item": item, "do": do, **more}, headers=headers, follow_redirects=False)
    assert answer.status_code in (200, 303), answer.text
    return answer


def rate_all(made: Value, ratings: dict[str, float]) -> None:
    for item, rating in ratings.items():
        act(made, item, "rate", rating=str(rating))


def cards(made: Value, path: str) -> list[str]:
    return re.findall(r'<li class="card" data-item="([^"]+)"', made.client.get(path).text)


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


class _Addresses(HTMLParser):
    """The addresses in the tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"href", "src", "action", "formaction", "data-later", "poster", "srcset"}
        self.found += [value or "" for name, value in attrs if name in names]
        self.found += [dict(attrs)["value"] or "" for name, value in attrs if (name, value) == ("name", "back")]


@pytest.mark.parametrize("prefix", ["", "/films"], ids=["taken away", "left in"])
def test_every_address_of_a_page_is_under_the_path_of_the_service(tmp_path: Path, prefix: str) -> None:
    """A proxy may take the path away, or leave it in; what a browser is given has it."""
    with made_service(tmp_path / "model", root_path="/films") as made:
        for rated in (False, True):
            for path in [
                *PAGES,
                "/items/none",
                "/nowhere",
                "/ratings?n=1",
                "/search?search=star&n=2",
                "/rows/popular?n=3",
            ]:
                text = made.client.get(prefix + path, headers={"Accept": "text/html"}).text
                own = [one for one in _Addresses(text).found if not one.startswith(("#", "https://www."))]
                assert len(own) > 8
                assert [one for one in own if not one.startswith("/films/")] == [], path
                assert 'data-root="/films"' in text
                for one in {one for one in own if "/assets/" in one or "/rows/" in one}:
                    assert made.client.get(prefix + one.removeprefix("/films")).status_code == 200, one
            if not rated:
                url = prefix + "/act"
                for item, rating in LOVES_SPACE.items():
                    deed = {"item": item, "do": "rate", "rating": str(rating), "back": "/films/items/5"}
                    answer = made.client.post(url, data=deed, headers=FORM, follow_redirects=False)
                    assert answer.headers["location"] == "/films/items/5"
                    if "set-cookie" in answer.headers:
                        made.client.cookies.clear()
                        cookie = re.search("penchant_visitor=([^;]+).*path=/films;", answer.headers["set-cookie"], re.I)
                        assert cookie is not None, answer.headers["set-cookie"]
                        made.client.cookies.set("penchant_visitor", cookie[1])
        elsewhere = {"item": "5", "do": "save", "back": "/other"}
        answer = made.client.post(prefix + "/act", data=elsewhere, headers=FORM, follow_redirects=False)
        assert answer.headers["location"] == "/films/"
        gone = made.client.post(prefix + "/forget-me", headers=FORM, follow_redirects=False)
        assert gone.headers["location"] == "/films/ratings"
        assert "path=/films;" in gone.headers["set-cookie"].lower()
        assert made.client.get("/films").status_code == 200


def test_scripts_name_no_address_without_the_path_of_the_service() -> None:
    for path in (HERE / "assets").glob("*.js"):
        found = re.findall(r"""["'`](/[a-z][^"'`]*)["'`]""", path.read_text())
        assert [one for one in found if one != "/act"] == []  # which is looked for at the end of a form's address


def test_reading_pages_creates_no_visitor(made: Value) -> None:
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
    renewed = made.client.get("/ratings").headers["set-cookie"].lower()
    assert "max-age=31536000" in renewed
    assert "httponly" in renewed
    assert made.client.post("/forget-me", headers=ours).status_code == 204
    made.client.cookies.clear()
    assert "Nothing is known of you yet" in made.client.get("/").text


def test_a_cookie_from_before_an_erasure_is_nobodys(made: Value) -> None:
    made.client.cookies.set("penchant_visitor", "stale")
    assert made.client.get("/").status_code == 200
    assert made.client.post("/visitor", headers={"Origin": "http://127.0.0.1"}).headers["set-cookie"]


@pytest.mark.parametrize(("path", "status", "said"), [
    ("/items/XyZ-9", 404, "“XyZ-9”"), ("/items/A%2Fb", 404, "“A/b”"), ("/nowhere", 404, "no such page"),
    ("/rows/nothing", 404, "no such page"), ("/rows/for-you?n=0", 422, "did not fit"), ("/act", 405, "no page"),
])  # fmt: skip
def test_errors_are_pages_for_people_and_problems_for_programs(made: Value, path: str, status: int, said: str) -> None:
    page = made.client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == status
    assert said in page.text
    assert 'href="/"' in page.text
    assert not re.search(r"\bGET\b|\bPOST\b|/v1/|detail|query param", page.text)
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


@pytest.mark.parametrize(("text", "found"), [
    ("spiderman", "Spider-Man (2002)"), ("spider man", "Spider-Man (2002)"), ("xmen", "X-Men (2000)"),
    ("walle", "WALL·E (2008)"), ("wall e", "WALL·E (2008)"), ("godfater", "The Godfather (1972)"),
    ("the godfater", "The Godfather (1972)"), ("amelie", "Amélie (2001)"), ("amlie", "Amélie (2001)"),
    ("2008", "WALL·E (2008)"), ("godf", "The Godfather (1972)"), ("qqqq", None), ("xmne", "X-Men (2000)"),
])  # fmt: skip
def test_searching_forgives(text: str, found: str | None) -> None:
    titles = [
        "Amélie (2001)",
        "WALL·E (2008)",
        "X-Men (2000)",
        "Spider-Man (2002)",
        "The Godfather (1972)",
        "Tokyo (1999)",
    ]
    hits = TitleSearch(titles, np.array([5, 4, 3, 2, 1, 9], np.int32)).find(text)
    assert (titles[hits[0]] if hits else None) == found


def test_the_better_known_of_two_equal_titles_comes_first_and_no_text_means_all() -> None:
    titles = ["Dark Star (1974)", "Star Dust (1940)", "Star Trek (2009)"]
    search = TitleSearch(titles, np.array([9, 1, 2], np.int32))
    assert [titles[n] for n in search.find("star")] == ["Star Trek (2009)", "Star Dust (1940)", "Dark Star (1974)"]
    assert search.find(" ") == [0, 2, 1]


def test_a_title_has_all_its_names() -> None:
    assert names_of("Léon: The Professional (a.k.a. The Professional) (Léon) (1994)") == [
        "leon the professional", "the professional", "leon",
    ]  # fmt: skip


def test_templates_mark_nothing_as_safe() -> None:
    for path in (HERE / "templates").iterdir():
        assert "|safe" not in path.read_text().replace(" ", "")
