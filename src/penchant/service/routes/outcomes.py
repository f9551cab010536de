"""What became of lists."""

from __future__ import annotations

from fastapi import APIRouter

from penchant.service import item_schemas, list_schemas, rendering
from penchant.service.item_service import Outcome
from penchant.service.problems import DOCUMENTED
from penchant.service.service import TheService, Who
from penchant.service.storage.given_lists import ListOutcome

router = APIRouter(prefix="/v1/outcomes", tags=["lists"], responses=DOCUMENTED)


@router.post("", operation_id="report_outcomes", summary="Say what became of lists")
def report(service: TheService, who: Who, many: list_schemas.ReportedOutcomes) -> item_schemas.RowOutcomes:
    """Which items of a list were shown, clicked, chosen or rated. The same outcome again changes nothing.

    Who holds a list's id may report on it. A list is known a second after it was given at the latest.
    """
    service.access.catalogue(who)
    service.recorder.flush()
    rows = [ListOutcome(one.list_id, one.item, one.kind, one.value) for one in many.outcomes]
    missing = Outcome(404, "there is no such list, or it does not hold the item")
    known = service.lists.report(rows)
    return rendering.as_outcomes([Outcome(200) if there else missing for there in known])
