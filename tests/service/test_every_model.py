"""The service serves every model: known and new users, new items, explanations, pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from penchant.recommending.recommender import Recommender, main_model
from penchant.recommending.train_parts import train
from penchant.service.training_table import Collected, together
from penchant.training.registry import MODELS
from service.made_service import LOVES_SPACE, made_model, made_service

QUICK = {
    "bayes": {"samples": 6, "burn_in": 4, "thin": 1, "factors": 3},
    "dot": {"epochs": 2},
    "dot_bias": {"epochs": 2},
    "net": {"epochs": 2},
}
NEW = {"item": "9001", "title": "Starship Reborn (2026)", "features": {"genres": ["Sci-Fi"]}}
ROWS = [f"/rows/{name}" for name in ("for-you", "popular", "because", "new", "afield")]
PAGES = ["/", "/items/5", "/items/9001", "/map", "/map/points", "/ratings", "/model", "/taste", *ROWS]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*MODELS, "als+ease"])
def test_a_model_of_every_kind_is_served(kind: str, tmp_path: Path) -> None:
    ratings = together(main_model(made_model()), Collected([], set(), []))
    parts = [train(ratings, one, seed=0, settings=QUICK.get(one)) for one in kind.split("+")]
    rating_part = next((one.rating_model for one in parts if one.rating_model), None)
    choice_part = next((one.choice_model for one in parts if one.choice_model), None)
    Recommender(rating_part, choice_part).save(tmp_path / "model")
    with made_service(tmp_path / "model") as made:
        client, write = made.client, made.headers("write")
        _, me = made.visitor()
        assert client.post("/v1/items", json=NEW, headers=write).status_code == 201
        scale = made.service.live.part.scale
        given = {**{item: min(max(r, scale.low), scale.high) for item, r in LOVES_SPACE.items()}, "9001": scale.high}
        for item, rating in given.items():
            kept = client.put(f"/v1/users/me/ratings/{item}", json={"rating": rating}, headers=me)
            assert kept.status_code == 200, kept.text
        for user, headers in (("me", me), ("1", {}), ("new-user", {})):
            answer = client.get(f"/v1/users/{user}/recommendations", headers=headers)
            assert answer.status_code == 200, answer.text
            assert len(answer.json()["items"]) == 10
        mine = client.get("/v1/users/me/recommendations", headers=me).json()
        assert mine["source"] == "folded_in"
        assert not {line["item"] for line in mine["items"]} & set(given)
        for path in ("explanations/5", "explanations/9001", "questions", "export"):
            answer = client.get(f"/v1/users/me/{path}", headers=me)
            assert answer.status_code == 200, answer.text
        said = client.post("/v1/predictions", json={"ratings": given, "items": ["5", "9001", "nothing"]})
        if rating_part is None:
            assert said.status_code == 422
            assert "no rating model" in said.json()["detail"]
        else:
            assert [line["mean"] is not None for line in said.json()["predictions"]] == [True] * 3
        client.cookies.set("penchant_visitor", me["Authorization"].removeprefix("Bearer "))
        for page in PAGES:
            assert client.get(page).status_code == 200, page
        has_scale = made.service.live.part.objective == "rating"
        assert ("stars expected" in client.get("/rows/for-you").text) is has_scale
        assert ("You would probably give it" in client.get("/items/5").text) is has_scale
