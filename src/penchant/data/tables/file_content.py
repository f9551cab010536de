"""The bytes of a table file, without its compression."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import mmap
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from penchant.data.files import existing_file
from penchant.foundations.errors import DataError

SAMPLE = 1 << 16
"""How many bytes of a file are looked at to find out how it is written."""

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip"}
_ZSTANDARD = b"\x28\xb5\x2f\xfd"
_BROKEN = (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)


@dataclass(frozen=True)
class FileContent:
    """A file's content. data: the bytes if they had to be unpacked, else None. name: without the ending of the packing.

    packing: "gzip", "bzip2", "xz", "zip" or "".
    """

    path: Path
    data: bytes | None
    name: str
    packing: str = ""

    @property
    def ending(self) -> str:
        """The ending of the unpacked file's name, in lower case, such as ".csv"."""
        return Path(self.name).suffix.lower()

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.path.stat().st_size if self.data is None else len(self.data)

    def head(self) -> bytes:
        """The first bytes."""
        if self.data is not None:
            return self.data[:SAMPLE]
        with self.path.open("rb") as file:
            return file.read(SAMPLE)

    def whole(self) -> bytes:
        """All bytes."""
        return self.path.read_bytes() if self.data is None else self.data

    def has(self, wanted: bytes) -> bool:
        """Whether the bytes occur; a file that is not packed is searched without reading it into memory."""
        if self.data is not None:
            return wanted in self.data
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return mapped.find(wanted) >= 0

    def search(self, pattern: bytes) -> bool:
        """Whether a regular expression matches somewhere, in the same way as `has`."""
        if self.data is not None:
            return re.search(pattern, self.data) is not None
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return re.search(pattern, mapped) is not None

    def source(self) -> Path | io.BytesIO:
        """What polars reads."""
        return self.path if self.data is None else io.BytesIO(self.data)


def open_content(path: str | Path) -> FileContent:
    """A file's content, unpacked if it is gzip, bzip2, xz or a zip with one table.

    Raises DataError for a file that is missing, empty or damaged.
    """
    path = existing_file(path)
    with path.open("rb") as file:
        start = file.read(8)
    packing = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), "")
    if packing == "zip" and _is_workbook(path):
        packing = ""
    if start.startswith(_ZSTANDARD) and path.suffix.lower() in (".zst", ".zstd"):
        raise DataError("the file is packed with Zstandard", where=str(path), remedy="Unpack it with: unzstd FILE")
    content = _unpacked(path, packing) if packing else FileContent(path, None, path.name)
    if not content.head().strip():
        raise DataError("the file is empty", where=str(path), remedy="Give a file with a header and rows")
    return content


def _is_workbook(path: Path) -> bool:
    """Whether a zip file is a spreadsheet of Excel or LibreOffice."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _BROKEN:
        return False
    return any(name.startswith("xl/workbook") for name in names) or "content.xml" in names


def _unpacked(path: Path, packing: str) -> FileContent:
    unpack = {"gzip": gzip.decompress, "bzip2": bz2.decompress, "xz": lzma.decompress}
    try:
        if packing == "zip":
            return _only_member(path)
        return FileContent(path, unpack[packing](path.read_bytes()), path.stem, packing)
    except DataError:
        raise
    except _BROKEN as error:
        raise DataError(
            f"the {packing} file is incomplete or damaged", where=str(path), remedy="Download or write it again"
        ) from error


def _only_member(path: Path) -> FileContent:
    with zipfile.ZipFile(path) as archive:
        files = [one for one in archive.namelist() if not one.endswith("/") and not _is_hidden(one)]
        if len(files) != 1:
            raise DataError(
                f"the zip file holds {len(files)} files, not one table", where=str(path),
                remedy=f"Unpack it and give one of them: {', '.join(files[:10])}" if files else "Give another file",
            )  # fmt: skip
        return FileContent(path, archive.read(files[0]), Path(files[0]).name, "zip")


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX") or Path(name).name.startswith(".")
