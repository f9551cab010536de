"""The routes of the operator's page. The page itself holds nothing; what it shows needs a key."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from penchant.service.operator.overview import overview_of
from penchant.service.operator.overview_schemas import Overview
from penchant.service.problems import DOCUMENTED
from penchant.service.service import TheService, Who

router = APIRouter(tags=["operations"], responses=DOCUMENTED)
_FILES = Path(__file__).parent / "files"


@router.get("/v1/overview", operation_id="overview", summary="How the service does")
def overview(service: TheService, who: Who) -> Overview:
    """Versions and their comparisons, traffic, latency, refusals, drift since training, jobs, and the experiment.

    What counts since the start is of the process that answers. Needs a key with scope admin.
    """
    service.access.key(who, "admin")
    return overview_of(service)


@router.get("/operator", include_in_schema=False)
async def page() -> Response:
    return FileResponse(_FILES / "operator.html", media_type="text/html")


@router.get("/operator.js", include_in_schema=False)
async def script() -> Response:
    return FileResponse(_FILES / "operator.js", media_type="text/javascript")


@router.get("/operator.css", include_in_schema=False)
async def style() -> Response:
    return FileResponse(_FILES / "operator.css", media_type="text/css")
