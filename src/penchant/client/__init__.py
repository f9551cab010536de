"""A typed client of the service (`penchant serve`), on the standard library alone.

    with Client("https://films.example", key="pk_...") as client:
        client.rate("42", "260", 5.0)
        best = client.recommend_to_user("42", n=5)["items"]

Methods have the names of the operations in the OpenAPI document. Answers are plain dictionaries, typed below.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, Self, cast
from urllib.parse import quote, urlencode

from penchant.client.answers import CatalogueItem, RecommendedList, SentEvent, SentOutcomes
from penchant.client.sending import Answer, Http, Sender, ServiceError, Transport

__all__ = ["Client", "ServiceError"]

By = Literal["combined", "rating", "choice"]
FeatureValue = str | float | Sequence[str] | None
Where = Mapping[str, str | float | Sequence[str] | Sequence[float]]


class Client:
    """Asks one service. Safe to use from several threads; each has a connection of its own.

    key: a key (pk_...) or a visitor's token. timeout: seconds for one try. tries: how often a request is sent at most,
    where the service is busy or does not answer; the wait is what it says in Retry-After. Only requests that may be
    done twice are sent again. transport: what sends requests; left out, http.client.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        *,
        timeout: float = 10.0,
        tries: int = 3,
        transport: Transport | None = None,
    ) -> None:
        self._http = Http(address, timeout)
        self._sender = Sender(transport or self._http, key, tries)

    def close(self) -> None:
        """Close its connections; a later request opens one again."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- lists ---------------------------------------------------------------------------------------------------

    def recommend(
        self, ratings: Mapping[str, float] | None = None, *, features: Mapping[str, FeatureValue] | None = None,
        **wanted: Any,
    ) -> RecommendedList:  # fmt: skip
        """A list for a user who is only described. wanted: as in `recommend_to_user`, without exclude_seen."""
        return self._post("/v1/recommendations", {"ratings": dict(ratings or {}), "features": features, **wanted})

    def recommend_to_user(
        self,
        user: str,
        n: int = 10,
        *,
        by: By | None = None,
        exclude_seen: bool = True,
        exclude: Sequence[str] = (),
        among: Sequence[str] | None = None,
        where: Where | None = None,
        diversity: float = 0.0,
        explore: int | None = None,
        new_items: float = 0.0,
    ) -> RecommendedList:
        """A user's list; arguments as in `penchant.Recommender.recommend`."""
        wanted = {
            "n": n, "by": by, "exclude_seen": exclude_seen, "exclude": list(exclude), "where": where,
            "among": None if among is None else list(among), "diversity": diversity, "explore": explore,
            "new_items": new_items,
        }  # fmt: skip
        return self.recommend_to_user_filtered(user, wanted)

    def recommend_to_user_filtered(self, user: str, wanted: Mapping[str, Any]) -> RecommendedList:
        """A user's list, with its filters as the API names them."""
        return self._post(f"/v1/users/{_segment(user)}/recommendations", wanted)

    def recommend_to_many(self, users: Sequence[str], n: int = 10, **wanted: Any) -> list[RecommendedList]:
        """One list for each user, in their order."""
        found = self._post("/v1/lists", {"users": list(users), "n": n, **wanted})
        return cast(list[RecommendedList], found["lists"])

    def similar_for_user(self, user: str, item: str, n: int = 10) -> RecommendedList:
        """More like an item, for a user."""
        return self._get(f"/v1/users/{_segment(user)}/similar/{_segment(item)}", n=n)

    def list_popular(self, n: int = 10, *, order: str = "popular", window: float | None = None) -> Any:
        """What is popular, trending or latest."""
        return self._get("/v1/popular", n=n, order=order, window=window)

    def report_outcomes(self, outcomes: Sequence[Mapping[str, Any]]) -> SentOutcomes:
        """What became of lists: rows of list_id, item, kind (shown, clicked, chosen, rated) and value (of a rating)."""
        return self._post("/v1/outcomes", {"outcomes": list(outcomes)})

    # --- predictions, explanations, questions --------------------------------------------------------------------

    def predict(
        self, items: Sequence[str], *, user: str | None = None, ratings: Mapping[str, float] | None = None
    ) -> Any:
        """Expected ratings of items, by a user or for the ratings that are sent."""
        return self._post("/v1/predictions", {"items": list(items), "user": user, "ratings": dict(ratings or {})})

    def explain(self, item: str, ratings: Mapping[str, float], *, by: By | None = None) -> Any:
        """Why an item is on the list of a user with these ratings."""
        return self._post("/v1/explanations", {"item": item, "ratings": dict(ratings), "by": by})

    def explain_to_user(self, user: str, item: str, *, by: By | None = None) -> Any:
        """Why an item is on a user's list."""
        return self._get(f"/v1/users/{_segment(user)}/explanations/{_segment(item)}", by=by)

    def ask(self, ratings: Mapping[str, float], n: int = 5, *, skip: Sequence[str] = ()) -> Any:
        """What to ask a user with these ratings next."""
        return self._post("/v1/questions", {"ratings": dict(ratings), "n": n, "skip": list(skip)})

    def ask_user(self, user: str, n: int = 5) -> Any:
        """What to ask a user next."""
        return self._get(f"/v1/users/{_segment(user)}/questions", n=n)

    # --- users ---------------------------------------------------------------------------------------------------

    def create_visitor(self) -> Any:
        """A new visitor's id and token."""
        return self._json("POST", "/v1/visitors", None, again=False)

    def list_ratings(self, user: str, *, limit: int | None = None, offset: int = 0) -> Any:
        """A user's ratings, newest first."""
        return self._get(f"/v1/users/{_segment(user)}/ratings", limit=limit, offset=offset)

    def rate(self, user: str, item: str, rating: float) -> Any:
        """Store a rating; when this returns, it is on the server's disk."""
        return self._json("PUT", f"/v1/users/{_segment(user)}/ratings/{_segment(item)}", {"rating": rating})

    def unrate(self, user: str, item: str) -> Any:
        """Take a rating back."""
        return self._json("DELETE", f"/v1/users/{_segment(user)}/ratings/{_segment(item)}", None)

    def export_user(self, user: str) -> Any:
        """Everything that is kept of a user."""
        return self._get(f"/v1/users/{_segment(user)}/export")

    def erase_user(self, user: str) -> None:
        """Forget a user."""
        self._json("DELETE", f"/v1/users/{_segment(user)}", None)

    # --- items ---------------------------------------------------------------------------------------------------

    def search_items(self, search: str = "", *, limit: int = 20, offset: int = 0) -> Any:
        """The items whose title holds every word."""
        return self._get("/v1/items", search=search, limit=limit, offset=offset)

    def get_item(self, item: str, *, n: int = 10) -> Any:
        """An item, its features, and its n nearest neighbours."""
        return self._get(f"/v1/items/{_segment(item)}", n=n)

    def add_item(self, item: str, title: str, **fields: Any) -> CatalogueItem:
        """Add an item that is new; fields: features, hidden, available_until."""
        return self._json("POST", "/v1/items", {"item": item, "title": title, **fields}, again=False)

    def put_item(self, item: str, title: str, **fields: Any) -> CatalogueItem:
        """Add an item, or put it in place of the one there is; fields as in `add_item`."""
        return self._json("PUT", f"/v1/items/{_segment(item)}", {"title": title, **fields})

    def patch_item(self, item: str, **fields: Any) -> CatalogueItem:
        """Change some fields: title, features, hidden, available_until."""
        return self._json("PATCH", f"/v1/items/{_segment(item)}", fields)

    def delete_item(self, item: str) -> None:
        """Delete an item."""
        self._json("DELETE", f"/v1/items/{_segment(item)}", None, again=False)

    def change_items(self, changes: Sequence[Mapping[str, Any]]) -> SentOutcomes:
        """Put, patch and delete many items; see the API for the fields of a change."""
        return self._post("/v1/item-changes", {"changes": list(changes)})

    # --- events --------------------------------------------------------------------------------------------------

    def take_events(self, events: Iterable[SentEvent], *, key: str | None = None) -> SentOutcomes:
        """Send some thousands of events at once. key: the same key again does nothing twice; left out, a new one."""
        headers = {"Content-Type": "application/x-ndjson", "Idempotency-Key": key or uuid.uuid4().hex}
        lines = "\n".join(json.dumps(one) for one in events).encode()
        return cast(SentOutcomes, self._parsed(self._sender.answer("POST", "/v1/events", headers, lines, again=True)))

    def list_events(self, *, page: int = 1000) -> Iterator[dict[str, Any]]:
        """Every stored event, read page by page."""
        after: str | None = ""
        while after is not None:
            found = self._get("/v1/events", after=after, limit=page)
            yield from found["events"]
            after = found["next"]

    # --- operations ----------------------------------------------------------------------------------------------

    def live(self) -> Any:
        """Whether the process is alive."""
        return self._get("/health/live")

    def ready(self) -> Any:
        """Whether it can serve. Raises ServiceError, 503, where it cannot."""
        return self._parsed(self._sender.answer("GET", "/health/ready", {}, None, again=False))

    def metrics(self) -> str:
        """What Prometheus reads."""
        return self._sender.answer("GET", "/metrics", {}, None, again=True)[2].decode()

    def get_model(self) -> Any:
        """The model that is served."""
        return self._get("/v1/model")

    def overview(self) -> Any:
        """What the operator's page shows: versions, traffic, drift, jobs, the experiment."""
        return self._get("/v1/overview")

    def switch_model(self, version: str | None = None) -> Any:
        """Serve another version; left out, the one before."""
        return self._json("POST", "/v1/model/switch", {"version": version}, again=False)

    # --- sending -------------------------------------------------------------------------------------------------

    def _get(self, path: str, **query: Any) -> Any:
        given = {name: value for name, value in query.items() if value is not None and value != ""}
        return self._json("GET", f"{path}?{urlencode(given, doseq=True)}" if given else path, None)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        """A question whose answer changes nothing, or a change that may be done twice."""
        return self._json("POST", path, {name: value for name, value in body.items() if value is not None})

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None, *, again: bool = True) -> Any:
        headers = {} if body is None else {"Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        return self._parsed(self._sender.answer(method, path, headers, sent, again=again))

    @staticmethod
    def _parsed(answer: Answer) -> Any:
        return json.loads(answer[2]) if answer[2] else None


def _segment(text: str) -> str:
    return quote(str(text), safe="")
