"""Every page with real films, as the guide shows it.

`PENCHANT_SCREENSHOTS=docs/guide/images pytest tests/service/test_screenshots.py` renews the guide's pictures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from penchant.data.movielens import movielens
from penchant.recommending.train_parts import train
from service.made_service import UNLIMITED, running
from service.programs import chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RATED = {"260": 5, "2571": 4.5, "1198": 5, "1721": 1.5, "1214": 4, "7361": 4}
WINDOWS = {
    "wide-light": {"viewport": {"width": 1440, "height": 1000}, "color_scheme": "light"},
    "telephone-dark": {
        "viewport": {"width": 375, "height": 812}, "color_scheme": "dark",
        "has_touch": True, "is_mobile": True,
    },
}  # fmt: skip
PAGES = {"home": "/", "item": "/items/260", "map": "/map", "ratings": "/ratings", "model": "/model"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    folder = tmp_path_factory.mktemp("films")
    train(movielens(), "bayes", seed=0, samples=20, burn_in=40).save(folder / "model")
    with running(folder / "model", folder / "log", **UNLIMITED) as server, chromium() as browser:
        yield server.address, browser


@pytest.mark.parametrize("window", WINDOWS)
def test_every_page_is_drawn(served: tuple[str, Any], window: str, tmp_path: Path) -> None:
    address, browser = served
    keep = Path(os.environ.get("PENCHANT_SCREENSHOTS", tmp_path))
    keep.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(base_url=address, **WINDOWS[window])
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto("/")
    page.request.post("/visitor", headers={"Origin": address})
    for item, rating in RATED.items():
        kept = page.request.put(f"/v1/users/me/ratings/{item}", data={"rating": rating}, headers={"Origin": address})
        assert kept.ok
    for name, path in PAGES.items():
        page.goto(path)
        page.wait_for_load_state("networkidle")
        for summary in page.locator("details.why summary").all()[:1]:
            summary.click()
            page.locator(".account .terms").wait_for()
        page.screenshot(path=keep / f"{name}-{window}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    context.close()
    assert problems == []
    assert all((keep / f"{name}-{window}.png").stat().st_size > 10_000 for name in PAGES)
