"""For operators: is the service alive, can it serve, which model does it serve."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from penchant.service import rendering, schemas
from penchant.service.problems import DOCUMENTED, RETRY_SECONDS, RefusalError
from penchant.service.service import TheService, Who

router = APIRouter(tags=["operations"], responses=DOCUMENTED)


@router.get("/health/live", operation_id="live", summary="Is the process alive?")
async def live() -> schemas.Health:
    """Answers as long as the process does anything at all."""
    return schemas.Health(status="ok")


@router.get("/health/ready", operation_id="ready", summary="Can it serve?", responses={503: DOCUMENTED["default"]})
async def ready(service: TheService) -> schemas.Health:
    """503 while the database does not answer. `detail` names all that is wrong.

    It is answered from memory and waits for nothing; the database is looked at again and again in the background.
    """
    if not service.readiness.can_serve:
        raise RefusalError(503, service.readiness.text, headers={"Retry-After": str(RETRY_SECONDS)})
    return schemas.Health(status="ok", detail=service.readiness.text)


@router.get("/metrics", operation_id="metrics", summary="Figures for Prometheus", response_class=Response)
def metrics(service: TheService, who: Who) -> Response:
    """Needs a key."""
    service.access.key(who, "read")
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")


@router.get("/v1/openapi.json", include_in_schema=False)
async def document(request: Request) -> Response:
    """The OpenAPI document."""
    return JSONResponse(request.app.state.document)


@router.get("/v1/model", operation_id="get_model", summary="The model being served")
def model(service: TheService, who: Who) -> schemas.ModelFacts:
    """Its version, its size, and the versions it could be switched to."""
    service.access.catalogue(who)
    return rendering.as_facts(service.live, service.holder)


@router.post("/v1/model/switch", operation_id="switch_model", summary="Serve another version")
def switch(service: TheService, who: Who, wanted: schemas.Switch) -> schemas.ModelFacts:
    """Without a version: the one before. A version that does not load is refused. Requests in progress finish on the
    old model. Needs a key with scope admin."""
    service.access.key(who, "admin")
    service.holder.switch(wanted.version or service.holder.shelf.before(service.live.version))
    return rendering.as_facts(service.live, service.holder)
