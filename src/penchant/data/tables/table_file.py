"""Opening a table of any form: what it is by its content, what its columns are, and its rows on demand."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from penchant.data.tables.excel_sheets import read_sheet
from penchant.data.tables.file_content import FileContent, open_content
from penchant.data.tables.file_options import FileOptions
from penchant.data.tables.parquet_tables import parts_of, scan_parquet
from penchant.data.tables.separated_text import open_separated
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl


class TableFile(Protocol):
    """A table whose columns are known.

    source: its name in messages. names: its columns. headed: whether the table names them. typed: whether the types of
    its columns are those that its writer meant; otherwise texts may be numbers. form: how it was understood.
    """

    @property
    def source(self) -> str: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def headed(self) -> bool: ...
    @property
    def typed(self) -> bool: ...

    def read(
        self, columns: Sequence[str], types: Mapping[str, Any], *, infer_from: int | None = 100
    ) -> tuple[pl.DataFrame, str]:
        """The given columns, and how the table was understood. types: those of texts that need one."""
        ...


@dataclass(frozen=True)
class TypedTable:
    """A table whose columns have types."""

    source: str
    frame: pl.LazyFrame
    form: str
    headed: bool = True
    typed: bool = True

    @property
    def names(self) -> list[str]:
        return self.frame.collect_schema().names()

    def read(
        self, columns: Sequence[str], types: Mapping[str, Any], *, infer_from: int | None = 100
    ) -> tuple[pl.DataFrame, str]:
        import polars as pl

        try:
            return self.frame.select(columns).collect(engine="streaming"), self.form
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            first, *_ = str(error).splitlines() or [""]
            raise DataError(f"the file cannot be read: {first}", where=self.source) from error


def open_table(
    path: str | Path, options: FileOptions, named: Collection[str] = (), *, as_text: bool = False
) -> TableFile:
    """A table in a file, or in a folder of Parquet parts; its form is found by its content.

    named: columns that the caller expects. as_text: whether cells of a workbook are read as texts.
    """
    if isinstance(path, str | Path) and Path(path).is_dir():
        return open_parquet(path)
    content = open_content(path)
    head = content.head()
    if head.startswith(b"PAR1"):
        return _parquet(content)
    if head.startswith((b"ARROW1", b"FEA1")) or content.ending in (".arrow", ".feather", ".ipc", ".arrows"):
        return _arrow(content)
    if head.startswith(b"\xd0\xcf\x11\xe0") or (head.startswith(b"PK\x03\x04") and not content.packing):
        frame, headed, form = read_sheet(content, options, as_text=as_text)
        return TypedTable(str(path), frame.lazy(), form, headed)
    if content.ending in (".parquet", ".pq"):
        return _parquet(content)
    if _is_json(head, content.ending):
        return _json(content)
    return open_separated(content, options, named)


def open_parquet(path: str | Path) -> TypedTable:
    """A Parquet file, or a folder of parts."""
    if isinstance(path, str | Path) and Path(path).is_dir():
        parts = parts_of(Path(path))
        return TypedTable(str(path), scan_parquet(parts, str(path)), f"Parquet, {len(parts)} parts")
    return _parquet(open_content(path))


def _parquet(content: FileContent) -> TypedTable:
    name = str(content.path)
    return TypedTable(name, scan_parquet(content.source(), name), "Parquet" + _packed(content))


def _packed(content: FileContent) -> str:
    return f" in {content.packing}" if content.packing else ""


def _arrow(content: FileContent) -> TypedTable:
    import polars as pl

    where = str(content.path)
    if content.head().startswith(b"FEA1"):
        raise DataError("the file is Feather of version 1", where=where, remedy="Write it as Feather of version 2")
    try:
        reading = pl.read_ipc if content.head().startswith(b"ARROW1") else pl.read_ipc_stream
        frame = reading(content.source()).lazy()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError("the file is not an Arrow file", where=where, remedy="Write it again") from error
    return TypedTable(where, frame, "Arrow" + _packed(content))


def _is_json(head: bytes, ending: str) -> bool:
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if first.startswith(b"{"):
        return ending in (".json", ".jsonl", ".ndjson") or _is_object(first.partition(b"\n")[0])
    return first.startswith(b"[") and ending == ".json"


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _json(content: FileContent) -> TypedTable:
    """JSON lines, one object a row, or one JSON array of objects."""
    import polars as pl

    where, array = str(content.path), content.head().lstrip().startswith(b"[")
    try:
        if array:
            frame = pl.read_json(content.source(), infer_schema_length=None)
        else:
            frame = pl.read_ndjson(content.source(), infer_schema_length=None)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        first, *_ = str(error).splitlines() or [""]
        raise DataError(
            f"the JSON cannot be read: {first}", where=where, remedy='Write one object a line: {"user": 1, "item": 2}'
        ) from error
    return TypedTable(where, frame.lazy(), ("a JSON array" if array else "JSON lines") + _packed(content))
