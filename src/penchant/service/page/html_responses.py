"""Rendering of the templates."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from penchant.service.page import contexts

HERE = Path(__file__).parent
ASSETS = HERE / "assets"

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, auto_reload=False,
)  # fmt: skip
_templates.filters["figure"] = contexts.figure


@cache
def _assets_version() -> str:
    """A hash of all assets; it is part of their URLs, so browsers can cache them without limit."""
    digest = hashlib.sha256()
    for path in sorted(ASSETS.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def html(
    template: str,
    context: Any,
    *,
    status: int = 200,
    active: str = "",
    shell: contexts.Shell | None = None,
    back: str = "/",
    search: str = "",
) -> HTMLResponse:
    """A page. context: a class of `contexts`, `c` in the template. active: the current page. back: its own address.

    Forms without scripts need the Origin header, which the browser sends to the same origin only.
    """
    text = _templates.get_template(template).render(
        c=context, active=active, assets=f"/assets/{_assets_version()}", shell=shell, back=back, search_text=search
    )
    return HTMLResponse(text, status, {"Referrer-Policy": "same-origin"})
