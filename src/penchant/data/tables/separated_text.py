"""Files of separated values: encoding, separator, quotes and header are found before the rows are read."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from penchant.data.tables import separators, text_encoding
from penchant.data.tables.file_content import FileContent
from penchant.data.tables.file_options import FileOptions
from penchant.data.tables.header_detection import has_header
from penchant.data.tables.quoting import quoting_of, regular
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

_UNIT_SEPARATOR = "\x1f"
"""The ASCII unit separator; it replaces separators of several characters, which polars cannot read."""

_QUOTED = {"escaped": ", quotes escaped by backslashes", "literal": ", quotes as part of the text"}
_SHOWN = {"\t": "tabs", " ": "blanks"}


@dataclass(frozen=True)
class SeparatedText:
    """A file whose columns are known and whose rows are read on demand.

    separator: one character, as the content has it. names: its columns. headed: whether the first row holds the names.
    quotes: whether a double quote begins a field. form: how the file was understood, in words. reopened: opens the file
    with another encoding, for text whose first bytes only were looked at.
    """

    source: str
    content: FileContent
    separator: str
    names: list[str]
    headed: bool
    quotes: bool
    form: str
    reopened: Callable[[str], SeparatedText] | None = None
    typed: bool = False

    def read(
        self, columns: Sequence[str], types: Mapping[str, Any], *, infer_from: int | None = 100
    ) -> tuple[pl.DataFrame, str]:
        """The given columns, with the rows in the file's order, and how the file was understood.

        types: required types; if a cell does not fit one, all cells are read as texts, so that the caller can name it.
        infer_from: how many rows the types of the other columns are inferred from, None for all.
        Raises DataError for rows with more fields than the header.
        """
        import polars as pl

        broken = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
        try:
            return self._read(columns, schema_overrides=dict(types), infer_schema_length=infer_from), self.form
        except broken:
            try:
                return self._read(columns, infer_schema=False), self.form
            except broken as error:
                if (encoding := self._other_encoding()) is not None and self.reopened is not None:
                    return self.reopened(encoding).read(columns, types, infer_from=infer_from)
                return self._in_plainer_spelling(error, columns), self.form

    def _read(self, columns: Sequence[str], **options: Any) -> pl.DataFrame:
        import polars as pl

        if not self.headed:
            options["new_columns"] = self.names
        frame = pl.scan_csv(
            self.content.source(), separator=self.separator, has_header=self.headed,
            quote_char='"' if self.quotes else None, **options,
        )  # fmt: skip
        return frame.select(columns).collect(engine="streaming")

    def _other_encoding(self) -> str | None:
        found = text_encoding.detected(self.content.whole(), self.content.path)
        return None if text_encoding.is_utf8(found) else found

    def _in_plainer_spelling(self, error: BaseException, columns: Sequence[str]) -> pl.DataFrame:
        """The columns from the rows in a plainer spelling; raises DataError where polars cannot read these either."""
        import polars as pl

        plainer = self._rewritten(error)
        try:
            return plainer._read(columns, infer_schema=False)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as still:
            first, *_ = str(still).splitlines() or [""]
            raise DataError(f"the file cannot be read: {first}", where=self.source) from still

    def _rewritten(self, error: BaseException) -> SeparatedText:
        """The same rows in a plainer spelling; raises DataError if there is none."""
        text = self.content.whole().decode("utf-8-sig", errors="replace")
        self._check_lengths(text)
        try:
            plain = regular(text, self.separator, "bare")
        except csv.Error:
            first, *_ = str(error).splitlines()
            raise DataError(f"the file cannot be read: {first}", where=self.source) from error
        return replace(self, content=replace(self.content, data=plain.encode()), quotes=True)

    def _check_lengths(self, text: str) -> None:
        """Raise DataError for the first row that has more fields than there are columns."""
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self.separator)
        with contextlib.suppress(csv.Error):  # an unclosed quoted field: polars' message is shown instead
            for number, fields in enumerate(rows, start=0 if self.headed else 1):
                if len(fields) > len(self.names):
                    raise DataError(
                        f"{len(fields)} fields for {len(self.names)} columns", where=f"{self.source}, row {number}",
                        remedy="Put fields that contain the separator in double quotes",
                    )  # fmt: skip


def open_separated(content: FileContent, options: FileOptions, named: Collection[str] = ()) -> SeparatedText:
    """A file of separated values; its header is read, its rows are not read yet.

    named: columns that the caller expects, which tell a header from a row. Columns without names are called column_1,
    column_2, …
    """
    path, head = content.path, content.head()
    whole = content.size == len(head)
    guess = text_encoding.detected(content.whole() if content.data is not None else head, path, whole=whole)
    encoding = options.encoding or guess
    text = text_encoding.decoded(head, encoding, path, whole=whole).removeprefix("\ufeff")
    separator = options.separator or separators.detected(text, content.ending, whole=whole)
    rows = separators.rows_of(text, separator, whole=whole)
    if not rows or not any(name.strip() for name in rows[0]):
        raise DataError("the first line is empty", where=f"{path}, line 1", remedy="Start with the column names")
    _check_separator(rows[0], separator, text, content)
    names, headed = _names(rows, options, named, str(path))
    content, single, quotes, form = _for_polars(content, encoding, separator, text)
    form += f", the first line holds the names of {len(names)} columns" if headed else ", no header line"
    if not headed:
        form += f": columns {', '.join(names[:6])}" + " …" * (len(names) > 6)

    def reopened(other: str) -> SeparatedText:
        return open_separated(content, replace(options, encoding=other), named)

    again = reopened if options.encoding is None else None
    return SeparatedText(str(path), content, single, names, headed, quotes, form, again)


def _names(rows: list[list[str]], options: FileOptions, named: Collection[str], source: str) -> tuple[list[str], bool]:
    """The names of the columns, and whether the first row holds them."""
    width, own = len(rows[0]), options.names
    if own is not None:
        if len(own) != width:
            raise DataError(
                f"{len(own)} names for {width} columns", where=source, remedy="Name every column with header=[…]"
            )
        return own, False
    if has_header(rows, named) if options.header is None else options.header:
        return rows[0], True
    return [f"column_{number}" for number in range(1, width + 1)], False


def _for_polars(content: FileContent, encoding: str, separator: str, head: str) -> tuple[FileContent, str, bool, str]:
    """The content, the separator and whether quotes begin fields, as polars can read them, and the form in words."""
    several = len(separator) > 1 or separator == " "
    quoting = "literal" if several or not separator.isascii() else quoting_of(content, separator)
    form = ("CSV" if separator == "," else "text") + (f" in {content.packing}" if content.packing else "")
    form += f", {text_encoding.spoken(encoding)}, separated by {_SHOWN.get(separator, repr(separator))}"
    if not several:
        form += _QUOTED.get(quoting, "")
    plain_lines = ("\n" in head or "\r" not in head) and head[:1] not in ("\n", "\r")
    plain_fields = not several and separator.isascii() and quoting in ("regular", "literal")
    if text_encoding.is_utf8(encoding) and plain_lines and plain_fields:
        return content, separator, quoting == "regular", form
    text = text_encoding.decoded(content.whole(), encoding, content.path).removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    if separator == " ":
        text = "\n".join(_UNIT_SEPARATOR.join(line.split()) for line in text.split("\n"))
    elif several or not separator.isascii():
        text = text.replace(separator, _UNIT_SEPARATOR)
    elif quoting in ("escaped", "bare"):
        with contextlib.suppress(csv.Error):  # reading it then names the row
            text = regular(text, separator, quoting)
    single = _UNIT_SEPARATOR if several or not separator.isascii() else separator
    return replace(content, data=text.encode(errors="replace")), single, quoting != "literal", form


def _check_separator(names: list[str], separator: str, text: str, content: FileContent) -> None:
    """Raise DataError if the first line is one column with this separator and more with the one that the text has."""
    if len(names) > 1:
        return
    better = separators.detected(text, content.ending)
    if better != separator and len(separators.rows_of(text, better)[0]) > 1:
        raise DataError(
            f"the first line is not separated by {separator!r}: {names[0][:60]!r}", where=f"{content.path}, line 1",
            remedy=f"Pass separator={better!r}, or leave it out",
        )  # fmt: skip
