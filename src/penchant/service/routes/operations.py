"""For whoever runs the service: is it alive, how is it doing, which model does it serve."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import text

from penchant.service import rendering, schemas
from penchant.service.problems import DOCUMENTED
from penchant.service.service import TheService, Who

router = APIRouter(tags=["operations"], responses=DOCUMENTED)


@router.get("/health/live", summary="Is the process alive?")
async def live() -> schemas.Health:
    """Answers as long as the process does anything at all."""
    return schemas.Health(status="ok")


@router.get("/health/ready", summary="Can it serve?", responses={503: DOCUMENTED["default"]})
def ready(service: TheService) -> schemas.Health:
    """503 while the database does not answer."""
    with service.database.read() as connection:
        connection.execute(text("SELECT 1"))
    refused = service.holder.refused
    return schemas.Health(status="ok", detail=f"version {refused} could not be used" if refused else "")


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def metrics(service: TheService, who: Who) -> Response:
    """Needs a key."""
    service.access.key(who, "read")
    return Response(service.metrics.text(), media_type="text/plain; version=0.0.4")


@router.get("/v1/model", summary="The model being served")
def model(service: TheService, who: Who) -> schemas.ModelFacts:
    """Its version, its size, and the versions it could be switched to."""
    service.access.catalogue(who)
    return rendering.as_facts(service.live, service.holder)


@router.post("/v1/model/switch", summary="Serve another version")
def switch(service: TheService, who: Who, wanted: schemas.Switch) -> schemas.ModelFacts:
    """Without a version: the one before. Requests in flight finish on the old model. Needs a key that may admin."""
    service.access.key(who, "admin")
    shelf = service.holder.shelf
    shelf.switch(wanted.version or shelf.before(service.live.version))
    service.holder.retry()
    return rendering.as_facts(service.live, service.holder)
