"""Which pages of the site are made from the code or from papers outside `docs`, and where they are on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from docs_site.command_line import command_line_page
from docs_site.diagnostics import diagnostics_page
from docs_site.gallery import gallery_pages
from docs_site.http_api import http_api_page

ROOT = Path(__file__).parents[2]

REFERENCE: Mapping[str, Callable[[], str]] = {
    "reference/command_line.md": command_line_page,
    "reference/http_api.md": http_api_page,
    "reference/diagnostics.md": diagnostics_page,
}

OUTSIDE = {
    "ARCHITECTURE.md": "project/architecture.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "SECURITY.md": "project/security.md",
    "CODE_OF_CONDUCT.md": "project/code_of_conduct.md",
    "THIRD_PARTY_LICENCES.md": "project/third_party_licences.md",
    "benchmarks/README.md": "project/benchmark_files.md",
    "benchmarks/results/README.md": "project/benchmark_rows.md",
    "benchmarks/external/README.md": "project/external_libraries.md",
}
"""Papers of the repository that the site has too."""


def gallery() -> dict[str, str]:
    return gallery_pages(ROOT / "docs" / "gallery")


def generated_places() -> set[str]:
    """The places of all pages that no file of `docs` has."""
    return {*REFERENCE, *OUTSIDE.values(), *gallery()}
