"""Double quotes in separated text that are not written as CSV has them."""

from __future__ import annotations

import csv
import io
import re
from typing import Literal

from penchant.data.tables.file_content import FileContent

Quoting = Literal["regular", "literal", "escaped", "bare"]
"""As in CSV; only ever part of the text (12" vinyl); escaped by a backslash, as Spark writes it; some of both."""


def quoting_of(content: FileContent, separator: str) -> Quoting:
    """How a file with a separator of one character uses double quotes."""
    if not content.has(b'"'):
        return "regular"
    mark = re.escape(separator.encode())
    if not content.search(rb"(?:\A|[\r\n]|" + mark + rb') *"'):
        return "literal"
    if content.search(rb'\\"[^\r\n' + mark + rb"]"):
        return "escaped"
    return "bare" if content.search(rb'[^"\r\n' + mark + rb']"[^"\r\n' + mark + rb"]") else "regular"


def regular(text: str, separator: str, quoting: Quoting) -> str:
    """The text with double quotes as CSV has them. Raises csv.Error for a quoted field that does not end."""
    if quoting == "escaped":
        text = re.sub(r'\\(["\\])', lambda found: '""' if found[1] == '"' else "\\", text)
    if quoting != "bare":
        return text
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    return out.getvalue()
