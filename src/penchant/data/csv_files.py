"""Reading files of separated values: encoding, separator and header are checked before the rows are read."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.data.files import existing_file
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

SEPARATORS = (",", ";", "\t", "|", "::")
_UNIT_SEPARATOR = "\x1f"
"""The ASCII unit separator; it replaces separators of several characters, which polars cannot read."""


@dataclass(frozen=True)
class CsvFile:
    """A file with a checked header. content: its path, or its bytes if they had to be decoded. names: its columns."""

    path: Path
    content: Path | bytes
    separator: str
    header: bool
    names: list[str]

    def read(
        self,
        columns: Sequence[str],
        types: dict[str, pl.DataType | type[pl.DataType]],
        *,
        infer_from: int | None = 100,
    ) -> pl.DataFrame:
        """The given columns, with the rows in the file's order.

        types: required types; if a cell does not fit one, all cells are read as texts, so that the caller can name it.
        infer_from: how many rows the types of the other columns are inferred from, None for all.
        Raises DataError for bytes that are not UTF-8, and for rows with more fields than the header.
        """
        import polars as pl

        broken = (pl.exceptions.PolarsError, pl.exceptions.PanicException)
        try:
            return self._read(columns, schema_overrides=types, infer_schema_length=infer_from)
        except broken:
            try:
                return self._read(columns, infer_schema=False)
            except broken as error:
                raise self._explanation(error) from error

    def _read(self, columns: Sequence[str], **options: Any) -> pl.DataFrame:
        import polars as pl

        content = io.BytesIO(self.content) if isinstance(self.content, bytes) else self.content
        quote = None if self.separator == _UNIT_SEPARATOR else '"'
        if not self.header:
            options["new_columns"] = self.names
        frame = pl.scan_csv(content, separator=self.separator, has_header=self.header, quote_char=quote, **options)
        return frame.select(columns).collect(engine="streaming")

    def _explanation(self, error: BaseException) -> DataError:
        """The DataError for a failure of polars: bytes that are not UTF-8, a row that is too long, or polars' words."""
        where, raw = str(self.path), _bytes(self.content)
        try:
            text = raw.decode()
        except UnicodeDecodeError as broken:
            line = raw.count(b"\n", 0, broken.start) + 1
            return DataError(
                "the text is not UTF-8", where=f"{where}, line {line}", remedy="Pass its encoding, such as 'latin-1'"
            )
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self.separator)
        with contextlib.suppress(csv.Error):  # an unclosed quoted field: polars' message is shown instead
            for number, fields in enumerate(rows, start=0 if self.header else 1):
                if len(fields) > len(self.names):
                    return DataError(
                        f"{len(fields)} fields for {len(self.names)} columns", where=f"{where}, row {number}",
                        remedy="Put fields that contain the separator in double quotes",
                    )  # fmt: skip
        first, *_ = str(error).splitlines()
        return DataError(f"the file cannot be read: {first}", where=where)


def open_csv(
    path: str | Path, *, separator: str | None = None, encoding: str = "utf-8", header: bool = True
) -> CsvFile:
    """A file of separated values, which may be gzipped; its header is checked, its rows are not read yet.

    separator: left out, a tab for .tsv, "::" for .dat and else a comma. header: whether the first line holds the
    column names; without it they are column_1, column_2, …
    """
    path = existing_file(path)
    raw = _first_bytes(path)
    separator = separator or {".tsv": "\t", ".tab": "\t", ".dat": "::"}.get(path.suffix, ",")
    content: Path | bytes = path
    if path.suffix == ".gz" or encoding.lower() not in ("utf-8", "utf8", "utf-8-sig") or len(separator) > 1:
        text = _decoded(_bytes(path), encoding, path)
        content = text.replace(separator, _UNIT_SEPARATOR if len(separator) > 1 else separator).encode()
        raw = content[: len(raw)]
    elif raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError("the text is UTF-16", where=f"{path}, line 1", remedy="Pass encoding='utf-16'")
    first = _decoded(raw.partition(b"\n")[0].rstrip(b"\r"), "utf-8-sig", path)
    single = _UNIT_SEPARATOR if len(separator) > 1 else separator
    names = _fields(first, single, path)
    _check_separator(names, separator, path)
    if not header:
        names = [f"column_{number}" for number in range(1, len(names) + 1)]
    return CsvFile(path, content, single, header, names)


def _first_bytes(path: Path) -> bytes:
    """The beginning of the file, long enough to contain its header."""
    with path.open("rb") as file:
        raw = file.read(1 << 16)
    if not raw.strip():
        raise DataError("the file is empty", where=str(path), remedy="Give a file with a header and rows")
    return raw


def _bytes(content: Path | bytes) -> bytes:
    raw = content if isinstance(content, bytes) else content.read_bytes()
    if not raw.startswith(b"\x1f\x8b"):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        where = str(content) if isinstance(content, Path) else ""
        raise DataError("the gzip file is incomplete or damaged", where=where, remedy="Download it again") from error


def _decoded(raw: bytes, encoding: str, path: Path) -> str:
    try:
        return raw.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(
            f"the text is not {encoding}", where=str(path), remedy="Pass its encoding, such as 'latin-1' or 'utf-16'"
        ) from error


def _fields(line: str, separator: str, path: Path) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error as error:
        raise DataError(
            "the first line contains a carriage return", where=f"{path}, line 1",
            remedy="End the lines with a line feed",
        ) from error  # fmt: skip


def _check_separator(names: list[str], separator: str, path: Path) -> None:
    """Raise DataError if the header has one column with this separator and more with another one."""
    if not any(name.strip() for name in names):
        raise DataError("the first line is empty", where=f"{path}, line 1", remedy="Start with the column names")
    others = [other for other in SEPARATORS if other != separator and names[0].count(other)]
    if len(names) == 1 and others:
        raise DataError(
            f"the first line is not separated by {separator!r}: {names[0]!r}", where=f"{path}, line 1",
            remedy=f"Pass separator={max(others, key=names[0].count)!r}",
        )  # fmt: skip
