"""The gallery: each script of docs/gallery as a page with its text, its code and its picture.

A script starts with a docstring: the first line is the title, the rest the text. Comments that start with `# %%` begin
a new passage of text; the code after it is shown as a block. `python docs/gallery/NAME.py` writes
`docs/gallery/images/NAME.svg`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_INDEX = """# Gallery

Worked examples. Each is a script that runs as it is: `python docs/gallery/NAME.py`. The tests run them.

<div class="gallery" markdown>
"""


def scripts(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.py") if re.match(r"\d\d_", path.name))


def gallery_pages(folder: Path) -> dict[str, str]:
    """The text of each page by its place on the site."""
    pages, cards = {}, []
    for path in scripts(folder):
        pages[f"gallery/{path.stem}.md"] = page_of(path)
        title, lead, _ = head_of(path)
        cards.append(
            f"<div markdown>\n[![{title}](images/{path.stem}.svg)]({path.stem}.md)\n\n**[{title}]({path.stem}.md)**\n\n"
            f"{lead}\n\n</div>"
        )
    pages["gallery/index.md"] = "\n".join([_INDEX, *cards, "</div>\n"])
    return pages


def head_of(path: Path) -> tuple[str, str, str]:
    """Title, first paragraph and the other paragraphs of a script's docstring."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    title, _, rest = text.partition("\n\n")
    lead, _, more = rest.partition("\n\n")
    return title.rstrip("."), " ".join(lead.split()), more


def page_of(path: Path) -> str:
    title, lead, more = head_of(path)
    passages = list(_passages(path.read_text(encoding="utf-8")))
    picture = f"![{title}](images/{path.stem}.svg)"
    return "\n\n".join([f"# {title}", lead, picture, more, *passages, f"The script is `docs/gallery/{path.name}`.\n"])


def _passages(text: str) -> Iterator[str]:
    """The text and the code of each part after the docstring."""
    first = ast.parse(text).body[0]
    code = "\n".join(text.splitlines()[first.end_lineno :])
    for number, part in enumerate(re.split(r"^# %% ", code, flags=re.M)):
        lines = part.splitlines()
        words = [lines.pop(0)] if number else []
        while words and lines and lines[0].startswith("# "):
            words.append(lines.pop(0).removeprefix("# "))
        if words:
            yield " ".join(words)
        if body := "\n".join(lines).strip():
            yield f"```python\n{body}\n```"
