"""The site: no public name, command, route or error code is missing, and the strict build has no warning."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

import penchant
import penchant.lesson
from docs_site.command_line import command_line_page, commands
from docs_site.diagnostics import CAUSES, diagnostics_page, error_classes
from docs_site.gallery import gallery_pages, scripts
from docs_site.http_api import http_api_page, operations
from docs_site.navigation import navigation
from pages import ROOT
from penchant.data import splitting
from penchant.engines import spark
from penchant.training.registry import MODELS

REFERENCE = ROOT / "docs" / "reference"
ENTRIES = re.findall(r"^::: ([\w.]+)$", "\n".join(page.read_text() for page in REFERENCE.glob("*.md")), re.M)


def public_names() -> Iterator[str]:
    """Every public name, as the page of the reference spells it."""
    yield from (f"{penchant._WHERE[name]}.{name}" for name in penchant.__all__ if name != "split")
    yield from (f"penchant.data.splitting.{name}" for name in splitting.__all__)
    yield from (f"{penchant.lesson._WHERE[name]}.{name}" for name in penchant.lesson.__all__)
    yield from (f"penchant.engines.spark.{module}.{name}" for name, module in spark._WHERE.items())
    yield from ("penchant.client.Client", "penchant.client.sending.ServiceError")
    for spec in MODELS.values():
        settings = spec.settings_class()
        yield f"{settings.__module__}.{settings.__name__}"
    guide = (ROOT / "docs" / "guide" / "python.md").read_text()
    yield from re.findall(r"^\| `(penchant\.evaluation\.[\w.]+)`", guide, re.M)
    yield from (f"penchant.metrics.{path.stem}" for path in (ROOT / "src/penchant/metrics").glob("[a-r]*.py"))


def test_the_reference_has_every_public_name_once() -> None:
    assert sorted(set(public_names()) - set(ENTRIES)) == [], "add them to a page of docs/reference"
    assert sorted({name for name in ENTRIES if ENTRIES.count(name) > 1}) == []


def test_the_page_of_the_command_line_has_every_command_and_option() -> None:
    page = command_line_page()
    for name, command in commands():
        section = page.partition(f"## {name}\n")[2].partition("\n## ")[0]
        assert command.help.split("\n")[0] in section
        for option in command.params:
            if option.param_type_name == "option" and not option.hidden and option.name != "help":
                assert option.opts[0] in section, (name, option.opts)


def test_every_error_has_a_code_of_its_own_with_cause_and_remedy() -> None:
    codes = [error.code for error in error_classes()]
    assert sorted(codes) == sorted(CAUSES)
    page = diagnostics_page()
    assert all(f"\n## {code}\n" in page for code in codes)
    assert all("code" in vars(error) for error in error_classes())
    warning = [path for path in (ROOT / "src").rglob("*.py") if "warnings.warn(" in path.read_text(encoding="utf-8")]
    assert warning == [], "the page says that there are no Python warnings"


def test_the_page_of_the_http_api_has_every_route() -> None:
    document = {
        "paths": {"/v1/users/{user}": {"get": {
            "summary": "One user", "description": "What is known.",
            "parameters": [{"name": "user", "in": "path", "required": True, "schema": {"type": "string"}}],
            "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/User"}}}}},
        }}},
        "components": {"schemas": {"User": {"properties": {"n": {"type": "integer", "minimum": 1, "default": 3}}}}},
    }  # fmt: skip
    page = http_api_page(document)
    assert "## GET `/v1/users/{user}` { #get-v1-users-user }" in page
    assert "| `user` | path, required, string |" in page and "| `n` | integer, ≥ 1, default `3` |" in page
    assert [path for _, path, _ in operations(document)] == ["/v1/users/{user}"]


def test_every_page_has_one_place_in_the_navigation() -> None:
    titles = {"index.md": "Penchant", "guide/new.md": "New", "guide/lesson/13-more.md": "More", "else.md": "Else"}
    placed = [page for section in navigation(titles) for pages in section.values() for page in pages]
    assert [one if isinstance(one, str) else next(iter(one.values())) for one in placed] == [
        "index.md", "guide/new.md", "guide/lesson/13-more.md", "else.md"
    ]  # fmt: skip


def test_every_script_of_the_gallery_has_a_page_and_a_picture() -> None:
    folder = ROOT / "docs" / "gallery"
    pages = gallery_pages(folder)
    assert len(pages) == len(scripts(folder)) + 1 >= 11
    for path in scripts(folder):
        assert (folder / "images" / f"{path.stem}.svg").exists(), f"run python {path.relative_to(ROOT)}"
        assert "```python" in pages[f"gallery/{path.stem}.md"]


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    built = (tmp_path / "site" / "reference" / "recommender" / "index.html").read_text()
    assert "fold_in" in built
    broken = [page for page in (tmp_path / "site").rglob("*.html") if "```" in page.read_text(encoding="utf-8")]
    assert broken == [], "a fence that Markdown did not see"


def test_fences_keep_their_language_alone() -> None:
    hooks = pytest.importorskip("docs_site.hooks", reason="needs the extra docs")
    page = SimpleNamespace(file=SimpleNamespace(generated_by="a hook", src_uri="x.md"))
    shown = hooks.on_page_markdown("```sh run\nls\n```\n```python\n1\n```\n", page)
    assert shown == "```sh\nls\n```\n```python\n1\n```\n"


def test_links_out_of_docs_lead_to_the_sites_own_pages() -> None:
    hooks = pytest.importorskip("docs_site.hooks", reason="needs the extra docs")
    text = "[a](../../ARCHITECTURE.md#x) [b](../decisions/001.md) ![c](images/c.png) [d](../../benchmarks/als.py)"
    moved = hooks.moved(text, "docs/guide/page.md", "guide/page.md")
    assert moved == "[a](../project/architecture.md#x) [b](../decisions/001.md) ![c](images/c.png) d"
    assert hooks.moved("[a](docs/guide/x.md)", "README.md", "project/readme.md") == "[a](../guide/x.md)"
