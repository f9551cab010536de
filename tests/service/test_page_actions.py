"""What the page's forms do, with and without scripts."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from penchant.service.page import covers
from penchant.service.page.html_responses import HERE
from service.made_service import LOVES_SPACE, Value, made_model, made_service
from service.test_page import FORM, OURS, SCRIPT, act, cards, rate_all


def test_the_first_run_asks_for_three_ratings(made: Value) -> None:
    first = made.client.get("/").text
    assert "Rate three, and the list is yours." in first
    assert first.index('id="ask"') < first.index('id="rows"')
    assert len(re.findall('class="asked"', first)) == 6
    rate_all(made, {"1": 5, "2": 5})
    assert "One more, and the list is yours." in made.client.get("/").text
    rate_all(made, {"31": 1})
    third = made.client.get("/").text
    assert "From your 3 ratings." in third
    assert third.index('id="rows"') < third.index('id="ask"')
    assert all(int(item) <= 30 for item in cards(made, "/rows/for-you")[:5])


def test_what_was_not_seen_is_not_asked_again(made: Value) -> None:
    asked = re.findall(r'<li class="asked" data-item="([^"]+)"', made.client.get("/").text)
    act(made, asked[0], "unseen")
    again = re.findall(r'<li class="asked" data-item="([^"]+)"', made.client.get("/").text)
    assert asked[0] not in again
    assert set(asked[1:]) <= set(again)
    act(made, asked[0], "rate", rating="4")
    assert made.service.marks.of(made.service.access.user_state_of(_who(made)) or "") == {}


def _who(made: Value) -> object:
    from penchant.service.access import Credentials

    return Credentials("test", token=made.client.cookies["penchant_visitor"])


def test_forms_work_without_scripts(made: Value) -> None:
    """A plain form is answered with a redirect to the page it was on, and to no other server."""
    answer = act(made, "5", "rate", FORM, rating="4.5", back="/rows/popular?n=24")
    assert (answer.status_code, answer.headers["location"]) == (303, "/rows/popular?n=24")
    assert "penchant_visitor" in answer.headers["set-cookie"]
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        assert act(made, "5", "save", FORM, back=elsewhere).headers["location"] == "/"
    assert "4.5" in made.client.get("/ratings").text
    assert act(made, "5", "unrate", FORM).status_code == 303
    assert "You have not rated anything" in made.client.get("/ratings").text
    assert made.client.get("/").headers["referrer-policy"] == "same-origin"  # else forms come without their origin


def test_only_our_own_pages_act(made: Value) -> None:
    forms: dict[str, dict] = {
        "/act": {"data": {"item": "5", "do": "rate", "rating": "4"}}, "/ratings/import": {"files": {"file": b"x"}},
        "/device": {"data": {"code": "x"}}, "/device/code": {}, "/forget-me": {}, "/visitor": {},
    }  # fmt: skip
    for path, form in forms.items():
        for headers in ({}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}):
            answer = made.client.post(path, headers=headers, **form)
            assert answer.status_code == 403, path
    assert "penchant_visitor" not in made.client.cookies


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"item": "999", "do": "rate", "rating": "4"}, 404),
        ({"item": "5", "do": "rate"}, 422),
        ({"item": "5", "do": "rate", "rating": "17"}, 422),
        ({"item": "5", "do": "rate", "rating": "nan"}, 422),
        ({"item": "5", "do": "steal"}, 422),
    ],
)
def test_what_cannot_be_done_is_refused_and_stores_nothing(made: Value, fields: dict[str, str], status: int) -> None:
    assert made.client.post("/act", data=fields, headers=SCRIPT).status_code == status
    assert made.client.get("/ratings.csv").text.splitlines() == ["item,title,rating"]


def test_saving_and_hiding(made: Value) -> None:
    rate_all(made, LOVES_SPACE)
    first, second = cards(made, "/rows/for-you")[:2]
    act(made, first, "save")
    act(made, second, "hide")
    assert cards(made, "/watchlist") == [first]
    for row in ("for-you", "popular", "because", "new", "afield"):
        assert second not in cards(made, f"/rows/{row}"), row
        assert not set(cards(made, f"/rows/{row}")) & set(LOVES_SPACE), row
    assert "Show again" in made.client.get("/ratings").text
    act(made, second, "unmark")
    act(made, first, "unmark")
    assert second in cards(made, "/rows/for-you")
    assert cards(made, "/watchlist") == []


def test_rows_are_filtered_by_the_address(tmp_path: Path) -> None:
    made_model(years=True).save(tmp_path / "model")
    with made_service(tmp_path / "model") as made:
        _check_filters(made)


def _check_filters(made: Value) -> None:
    rate_all(made, LOVES_SPACE)
    found = cards(made, "/rows/for-you?genre=Romance&years=1980-1989&n=60")
    assert found
    titles = [made.service.live.catalogue.item(made.service.live.catalogue.number(one)) for one in found]
    assert all("Romance" in item.tags and "(198" in item.title for item in titles)
    home = made.client.get("/?genre=Romance&years=1980-1989").text
    assert "<option selected>Romance</option>" in home
    assert 'value="1980-1989" selected' in home
    assert 'href="/rows/afield?genre=Romance&amp;years=1980-1989"' in home
    assert "Show it without filters" in made.client.get("/rows/for-you?years=1800-1801").text
    assert cards(made, "/rows/for-you?genre=Nothing&years=rubbish")[:12] == cards(made, "/rows/for-you")[:12]


def test_more_holds_what_was_there(made: Value) -> None:
    rate_all(made, LOVES_SPACE)
    few = cards(made, "/rows/for-you?n=24")
    text = made.client.get("/rows/for-you?n=24").text
    more = re.search(r'id="more" href="([^"]+)"', text)
    assert more is not None
    assert cards(made, more[1].replace("&amp;", "&"))[: len(few)] == few


def test_rows_say_what_they_are(made: Value) -> None:
    rate_all(made, LOVES_SPACE)
    home = made.client.get("/").text
    assert re.findall(r'<h2 id="h-([^"]+)"[^>]*>([^<]+)', home) == [
        ("for-you", "For you"), ("popular", "Most liked"), ("because", "Because you liked The Starship 1"),
        ("afield", "A little further afield"),
    ]  # fmt: skip
    new = {"item": "9001", "title": "Starship Reborn (2026)", "features": {"genres": ["Sci-Fi"]}}
    assert made.client.post("/v1/items", json=new, headers=made.headers("write")).status_code == 201
    assert cards(made, "/rows/new") == ["9001"]


def test_an_item_says_what_is_expected_and_why(made: Value) -> None:
    rate_all(made, LOVES_SPACE)
    text = made.client.get("/items/5").text
    why = made.service.people.find(made.service.visitors.user_id(made.client.cookies["penchant_visitor"]) or "")
    split = why.state.explain("5", by="rating")
    assert f'<span class="num">{split.score:.2f}</span>' in text
    assert len(re.findall("You gave ", text)) == len(LOVES_SPACE)
    amounts = [float(n.replace("−", "-")) for n in re.findall(r'<span class="num">([+−]?[\d.]+)</span>', text)]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.05)  # each is rounded to two decimals
    assert "very similar" in text or "similar, from" in text


def test_taste_says_how_ratings_differ_from_those_of_others(made: Value) -> None:
    assert "Nothing is known of it yet" in made.client.get("/taste").text
    rate_all(made, LOVES_SPACE)
    text = made.client.get("/taste").text
    assert re.search(r"You rate (about as high as|\d\.\d stars (higher|lower) than) other people do", text)
    assert 'class="you"' in text
    assert "Sci-Fi" in text
    assert "Romance" in text


def test_ratings_come_back_from_their_export(made: Value) -> None:
    rate_all(made, LOVES_SPACE)
    act(made, "7", "save")
    table = made.client.get("/ratings.csv")
    rows = {row["item"]: float(row["rating"]) for row in csv.DictReader(io.StringIO(table.text))}
    assert rows == LOVES_SPACE
    whole = made.client.get("/v1/users/me/export")
    assert whole.json()["marks"] == {"7": "saved"}
    for name, data in (("my-ratings.csv", table.content), ("my-ratings.json", whole.content)):
        assert made.client.post("/forget-me", headers=OURS).status_code == 204
        made.client.cookies.clear()
        answer = made.client.post("/ratings/import", files={"file": (name, data)}, headers=FORM)
        assert "5 of 5 ratings from this service are here now." in answer.text
        back = csv.DictReader(io.StringIO(made.client.get("/ratings.csv").text))
        assert {row["item"]: float(row["rating"]) for row in back} == LOVES_SPACE


LETTERBOXD = """Date,Name,Year,Letterboxd URI,Rating
2020-01-02,"Starship 4, The",1974,https://boxd.it/x,4.5
2020-01-02,The Starship 5,1976,https://boxd.it/x,3
2020-01-02,Amelie's Cafe 7,1977,https://boxd.it/x,1
2020-01-02,A Film That Is Not Here,1999,https://boxd.it/x,2
2020-01-02,The Starship 9,1979,https://boxd.it/x,
"""
IMDB = """Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year
tt0000004,9,2020-01-01,The Starship 4,u,Movie,7,90,1974
tt0000005,2,2020-01-01,Another name altogether,u,Movie,7,90,1900
"""


def test_ratings_from_letterboxd_and_imdb(made: Value) -> None:
    answer = made.client.post("/ratings/import", files={"file": ("ratings.csv", LETTERBOXD)}, headers=FORM)
    assert "3 of 4 ratings from Letterboxd are here now." in answer.text
    assert "Not found here: A Film That Is Not Here (1999)." in answer.text
    rows = csv.DictReader(io.StringIO(made.client.get("/ratings.csv").text))
    assert {row["title"]: row["rating"] for row in rows} == {
        "The Starship 4 (1974)": "4.5", "The Starship 5 (1975)": "3", "Amélie's Café 7 (1977)": "1",
    }  # fmt: skip
    answer = made.client.post("/ratings/import", files={"file": ("ratings.csv", IMDB)}, headers=FORM)
    assert "1 of 2 ratings from IMDb are here now." in answer.text


def test_an_import_says_what_it_left_out_and_what_it_changed(made: Value) -> None:
    def import_of(lines: str) -> str:
        return made.client.post("/ratings/import", files={"file": ("r.csv", lines)}, headers=FORM).text

    text = import_of("item,title,rating\n1,One,9\n2,Two,-1\n3,Three,3.3\n4,Four,true\n5,Five,nan\n6,Six,\n7,Seven,4\n")
    assert "2 of 6 ratings from this service are here now." in text
    assert "Left out, as the rating is not on the scale of the file: 4 (One, Two, Four, Five)." in text
    assert "Brought to the nearest step of the scale: 1." in text
    rows = csv.DictReader(io.StringIO(made.client.get("/ratings.csv").text))
    assert {row["item"]: row["rating"] for row in rows} == {"3": "3.5", "7": "4"}
    off = "Const,Your Rating,Title,Year\ntt1,11,Starship 4,1974\ntt2,10,The Starship 5,1975\n"
    assert "Left out, as the rating is not on the scale of the file: 1 (Starship 4 (1974))." in import_of(off)
    assert "No rating in this file is on its scale." in import_of("item,rating\n1,9\n")
    whole = '{"training": [], "stored": [{"item": "8", "title": "Eight", "rating": true}, '
    whole += '{"item": "9", "title": "Nine", "rating": 2}]}'
    assert "1 of 2 ratings from this service" in (text := import_of(whole))
    assert "not on the scale of the file: 1 (Eight)." in text


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"{}", b"a,b\n1,2\n", b'{"stored": 3, "training": []}', b"{"])
def test_other_files_are_refused_with_what_to_do(made: Value, data: bytes) -> None:
    answer = made.client.post("/ratings/import", files={"file": ("x.csv", data)}, headers=FORM)
    assert 'role="alert"' in answer.text
    assert "Letterboxd" in answer.text
    assert "penchant_visitor" not in made.client.cookies


def test_a_code_takes_ratings_to_another_device_once(made: Value) -> None:
    rate_all(made, LOVES_SPACE)
    act(made, "7", "save")
    first = made.client.cookies["penchant_visitor"]
    page = made.client.post("/device/code", headers=FORM).text
    code = re.search(r"<b>([A-Z2-9]{4}-[A-Z2-9]{4})</b>", page)
    assert code is not None
    made.client.cookies.clear()
    rate_all(made, {"9": 3.0, "1": 0.5})  # of the other device, before; the ratings that are brought prevail
    answer = made.client.post("/device", data={"code": code[1].lower()}, headers=FORM, follow_redirects=False)
    assert answer.status_code == 303
    rows = csv.DictReader(io.StringIO(made.client.get("/ratings.csv").text))
    assert {row["item"]: float(row["rating"]) for row in rows} == {**LOVES_SPACE, "9": 3.0}
    assert cards(made, "/watchlist") == ["7"]
    assert made.client.cookies["penchant_visitor"] != first
    again = made.client.post("/device", data={"code": code[1]}, headers=FORM)
    assert "This code is not valid" in again.text
    made.client.post("/forget-me", headers=OURS)
    made.client.cookies.set("penchant_visitor", first)
    assert "You have not rated anything" in made.client.get("/ratings").text  # erased on every device


def test_a_first_paint_is_small(made: Value) -> None:
    """Below 100 KB compressed, in three requests, everything but the page kept by the browser for good."""
    rate_all(made, LOVES_SPACE)
    for path in ("/", "/items/5", "/search?search=starship", "/taste", "/ratings"):
        page = made.client.get(path, headers={"Accept-Encoding": "gzip"})
        wanted = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)) - {""}
        parts = [made.client.get(one, headers={"Accept-Encoding": "gzip"}) for one in wanted if "favicon" not in one]
        assert len(parts) <= 3
        assert all("immutable" in part.headers["cache-control"] for part in parts)
        assert page.headers["content-encoding"] == "gzip"
        total = sum(int(one.headers["content-length"]) for one in (page, *parts))
        assert total < 100_000, (path, total)


def test_covers_are_the_same_each_time_and_say_something() -> None:
    cover = covers.cover_of("The Silence of the Lambs (1991)", ["Crime", "Horror", "Thriller"])
    assert (cover.initials, cover.mark) == ("SL", "eye")
    assert cover == covers.cover_of("The Silence of the Lambs (1991)", ["Crime", "Horror", "Thriller"])
    assert covers.initials_of("8½ (1963)") == "8"
    assert covers.initials_of("(500)") == "5"
    assert covers.initials_of("…") == "?"
    drawn = set(re.findall(r'id="g-(\w+)"', (HERE / "templates" / "sprite.html").read_text(encoding="utf-8")))
    assert {mark for _, mark in covers._STYLES.values()} | {"ring"} <= drawn
