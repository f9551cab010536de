"""The navigation: what people want first. A page without a place in it joins the section of its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

SECTIONS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    # title, folders whose pages belong here, pages in the order in which they are read
    ("Get started", (), ("index.md", "get_started.md")),
    (
        "Guides",
        ("guide/",),
        (
            "guide/reading.md", "guide/forms.md", "guide/cold_start.md", "guide/time.md", "guide/splits.md",
            "guide/evaluation.md", "guide/python.md", "guide/command_line.md", "guide/serving.md",
            "guide/operations.md", "guide/scale.md", "guide/spark.md",
        ),
    ),
    (
        "Which model?",
        ("models/",),
        ("guide/which_model.md", "models/index.md", "models/ranker.md", "models/bayes.md", "models/ease.md"),
    ),
    ("Gallery", ("gallery/",), ("gallery/index.md",)),
    ("Lesson 5", ("guide/lesson/", "lesson5/", "notebooks/"), ("guide/lesson/README.md",)),
    (
        "Reference",
        ("reference/",),
        ("reference/index.md", "reference/command_line.md", "reference/http_api.md", "reference/diagnostics.md",
         "glossary.md"),
    ),
    ("Benchmarks", (), ("benchmarks.md", "project/benchmark_rows.md", "project/benchmark_files.md",
                        "project/external_libraries.md")),
    ("Decisions", ("decisions/",), ()),
    ("Project", ("project/", ""), ("project/changelog.md", "project/architecture.md", "project/contributing.md")),
)  # fmt: skip


def navigation(titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """The `nav` of MkDocs for pages and their titles. Every page occurs once."""
    placed: dict[str, list[str]] = {title: [page for page in pages if page in titles] for title, _, pages in SECTIONS}
    taken = {page for pages in placed.values() for page in pages}
    for page in sorted(titles.keys() - taken):
        placed[section_of(page)].append(page)
    return [{title: list(entries(pages, titles))} for title, pages in placed.items() if pages]


def section_of(page: str) -> str:
    """The section with the longest folder that holds the page."""
    fitting = [(len(folder), title) for title, folders, _ in SECTIONS for folder in folders if page.startswith(folder)]
    return max(fitting)[1]


def entries(pages: list[str], titles: Mapping[str, str]) -> Iterator[Any]:
    """Pages with their titles; the index of a section takes the section's own title."""
    for page in pages:
        index = page in ("index.md", "gallery/index.md", "reference/index.md")
        yield page if index else {titles[page] or page: page}
