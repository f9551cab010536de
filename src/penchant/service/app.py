"""build_app: a Service in, an ASGI application out."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response

from penchant.foundations.errors import PenchantError
from penchant.foundations.version import __version__
from penchant.service.deadline import Deadline
from penchant.service.entity_tags import EntityTags
from penchant.service.operator import operator_routes
from penchant.service.page import actions
from penchant.service.page import routes as page
from penchant.service.page.error_pages import error_page
from penchant.service.page.html_responses import html
from penchant.service.problems import RefusalError, described, of_exception
from penchant.service.readiness import DATABASE
from penchant.service.request_limits import RequestLimits
from penchant.service.request_paths import path_of, root_of
from penchant.service.response_headers import ResponseHeaders
from penchant.service.routes import asking, events, items, lists, operations, outcomes, users
from penchant.service.service import Service
from penchant.service.storage.database import StorageFullError, StorageUnavailableError
from penchant.service.unknown_fields import refuse_unknown_fields

_log = logging.getLogger("penchant.service")
_ABOUT = """Ratings in, recommendations out.

Reads are open or need a key, depending on the server's settings. Writes need a key (`Authorization: Bearer pk_…`) or,
for a visitor's own ratings, the visitor's token. Errors are RFC 9457 problem details.
"""


def build_app(service: Service) -> FastAPI:
    """The application around a service; the service's watcher runs as long as the application does."""
    app = _with_routes()
    app.state.service = service
    for kind in (RefusalError, PenchantError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)
    app.state.document = _completed(_document(), service.settings.root_path)
    # The last one added is the outermost.
    app.add_middleware(EntityTags)
    app.add_middleware(Deadline, seconds=service.settings.answer_seconds)
    app.add_middleware(RequestLimits, settings=service.settings, ring=service.keys, visitors=service.visitors)
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    if service.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=service.settings.cors_origins, allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After", "ETag", "Location"],
        )  # fmt: skip
    app.add_middleware(ResponseHeaders, metrics=service.metrics, settings=service.settings)
    return app


def _with_routes() -> FastAPI:
    app = FastAPI(
        title="Penchant", version=__version__, description=_ABOUT, openapi_url=None, docs_url=None, redoc_url=None,
        lifespan=_lifespan, redirect_slashes=False,
    )  # fmt: skip
    # Routes are looked for in this order: those asked for most come first.
    routers = (
        asking.router, users.router, users.visitors, items.router, items.changes, lists.router, events.router,
        outcomes.router, operations.router, operator_routes.router, page.router, actions.router,
    )  # fmt: skip
    for router in routers:
        app.include_router(router, dependencies=[Depends(refuse_unknown_fields)])
    app.state.routes = [route for router in routers for route in router.routes]
    return app


@cache
def _document() -> dict[str, Any]:
    """The OpenAPI document of the routes, which are the same in every application of a process."""
    return _with_routes().openapi()


def _completed(document: dict[str, Any], root_path: str) -> dict[str, Any]:
    """The document with where the service is, and with the one way to authenticate; open routes do without it."""
    scheme = {"type": "http", "scheme": "bearer", "description": "A key (pk_…) or a visitor's token."}
    components = {**document.get("components", {}), "securitySchemes": {"bearer": scheme}}
    servers = {"servers": [{"url": root_path}]} if root_path else {}
    return {**document, **servers, "components": components, "security": [{}, {"bearer": []}]}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    from anyio.to_thread import current_default_thread_limiter

    service: Service = app.state.service
    current_default_thread_limiter().total_tokens = service.settings.threads
    service.watcher.start()
    yield
    service.close()


async def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, StorageUnavailableError | StorageFullError):
        service: Service = request.app.state.service
        service.metrics.storage_failures.inc()
        if isinstance(error, StorageUnavailableError):
            service.readiness.failed(DATABASE, error.message)
        _log.warning("%s %s: %s (%s)", request.method, request.url.path, error, error.__cause__)
    if isinstance(error, HTTPException) and error.status_code == 405:
        allowed = {"Allow": ", ".join(_allowed_methods(request))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        error = HTTPException(405, error.detail, headers=allowed)
    if _is_for_people(request):
        status, _, headers = described(error)
        path, root = path_of(request.scope), root_of(request.scope)
        answer = html("error.html", error_page(status, path), status=status, root=root)
        answer.headers.update(headers)
        return answer
    return of_exception(error)


def _allowed_methods(request: Request) -> list[str]:
    """Every method that some route takes at the request's path."""
    found = {"OPTIONS"}
    for route in request.app.state.routes:
        if route.path_regex.match(path_of(request.scope)):
            found |= route.methods
    return sorted(found | {"HEAD"} if "GET" in found else found)


def _is_for_people(request: Request) -> bool:
    """Whether a person's browser is to show the answer as a page."""
    return "text/html" in request.headers.get("accept", "") and not path_of(request.scope).startswith("/v1/")
