"""MkDocs calls these: generated pages, the navigation, and links to files outside `docs`."""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs_site.generated import OUTSIDE, REFERENCE, ROOT, gallery
from docs_site.navigation import navigation

_FENCE = re.compile(r"^```(\w+)[ ][^\n]*$", re.M)
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.S)
_PARAMETERS = re.compile(r"(?:^|(?<=[.)] )|(?<=[.)]\n))([a-z_]\w*(?:, [a-z_]\w*)*):\s")
_LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Adds the generated pages and the project's own papers, then sets the navigation."""
    pages = {place: made() for place, made in REFERENCE.items()} | gallery()
    for source, place in OUTSIDE.items():
        pages[place] = moved((ROOT / source).read_text(encoding="utf-8"), source, place)
    for place, text in pages.items():
        files.append(File.generated(config, place, content=text))
    titles = {file.src_uri: title_of(file.content_string) for file in files.documentation_pages()}
    config.nav = navigation(titles)
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fences with their language alone (in "python no run" the rest is for the tests), and links out of docs."""
    markdown = _FENCE.sub(r"```\1", markdown)
    if page.file.generated_by:
        return markdown
    return moved(markdown, f"docs/{page.file.src_uri}", page.file.src_uri)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """In the reference, the parameters of a docstring ("users: ids. n: how many.") become lines of their own."""
    return _PARAGRAPH.sub(_with_parameters, html) if page.file.src_uri.startswith("reference/") else html


def _with_parameters(paragraph: re.Match[str]) -> str:
    text = _PARAMETERS.sub(r"<br><strong>\1</strong>: ", paragraph[1])
    return f"<p>{text.removeprefix('<br>')}</p>"


def moved(markdown: str, source: str, place: str) -> str:
    """The text of the repository's file `source` as a page at `place`: its links lead to the same targets.

    A file that the site does not have, such as a benchmark, is named without a link.
    """
    folder = posixpath.dirname(source)

    def link(found: re.Match[str]) -> str:
        label, target, anchor = found[1], found[2], found[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        full = posixpath.normpath(posixpath.join(folder, target))
        inside = OUTSIDE.get(full) or (full.removeprefix("docs/") if full.startswith("docs/") else None)
        if inside is None:
            return label.strip("![]")
        if full == "docs" or inside == full:
            inside = "index.md"
        return f"{label}({posixpath.relpath(inside, posixpath.dirname(place) or '.')}{anchor})"

    return _LINK.sub(link, markdown)


def title_of(text: str) -> str:
    """The first heading of a page."""
    found = re.search(r"^# +(.+)$", text, re.M)
    return found[1].replace("`", "") if found else ""
