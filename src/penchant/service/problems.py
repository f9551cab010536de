"""Errors as RFC 9457 problem details: what is wrong, where, and what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from penchant.foundations.errors import PenchantError
from penchant.service.storage.database import StorageFullError, StorageUnavailableError
from penchant.service.storage.items import ItemExistsError

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2
"""How soon a client should try again when the service is busy or the database is away."""


class Problem(BaseModel):
    """An RFC 9457 problem."""

    type: str = Field(examples=["urn:penchant:problem:not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no item '0'"])
    code: str = Field(default="", examples=["P110"], description="Of an error of Penchant: see the diagnostics.")
    errors: list[dict[str, str]] = Field(default=[], description="For a malformed request: where, and what.")


class RefusalError(Exception):
    """A request that is answered with a problem."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def not_found(what: str, remedy: str = "") -> RefusalError:
    return RefusalError(404, what + (f". {remedy}" if remedy else ""))


def busy(why: str, *, close: bool = False) -> RefusalError:
    """503 with Retry-After. close: whether the connection ends with the answer."""
    headers = {"Retry-After": str(RETRY_SECONDS)} | ({"Connection": "close"} if close else {})
    return RefusalError(503, f"the service is busy: {why}", headers=headers)


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The response of a problem."""
    title = HTTPStatus(status).phrase
    kind = title.lower().replace(" ", "-")
    body: dict[str, Any] = {"type": f"urn:penchant:problem:{kind}", "title": title, "status": status, "detail": detail}
    if code:
        body["code"] = code
    if errors:
        body["errors"] = list(errors)
    return Response(json.dumps(body), status, dict(headers or {}), MEDIA_TYPE)


def of_exception(error: Exception) -> Response:
    """The problem that an exception amounts to."""
    status, detail, headers = described(error)
    errors: list[dict[str, str]] = []
    if isinstance(error, RequestValidationError):
        # What was sent is not repeated: it may be long, not a number, or private.
        errors = [{"where": ".".join(map(str, e["loc"])), "what": str(e["msg"])} for e in error.errors()[:20]]
    code = error.code if isinstance(error, PenchantError) else ""
    return problem(status, detail, code=code, errors=errors, headers=headers)


def described(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Status, detail and headers for an exception."""
    if isinstance(error, RefusalError):
        return error.status, error.detail, error.headers
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail), dict(error.headers or {})
    if isinstance(error, RequestValidationError):
        return 422, "the request does not have the form this route takes", {}
    if isinstance(error, StorageUnavailableError):
        return 503, error.message, {"Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, StorageFullError):
        return 507, error.message, {"Retry-After": "60"}
    if isinstance(error, ItemExistsError):
        return 409, error.message, {}
    if isinstance(error, PenchantError):
        return 422, error.message, {}
    return 500, "something went wrong on our side; the log says what", {}


def _documented(description: str) -> dict[str, Any]:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    422: _documented("The request does not have the form this route takes, or asks for what cannot be."),
    "default": _documented("A problem: see its `detail`."),
}
"""What every route may answer besides its success."""
