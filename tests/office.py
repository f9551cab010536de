"""LibreOffice Calc as the judge of workbooks: recalculate every formula, then read what it computed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from waiting import PATIENCE

_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""  # noqa: E501
"""Always recalculate on load: by default Calc trusts the values that XlsxWriter stored beside the formulas."""


def need_office() -> str:
    """The path of soffice; without it the test is skipped by name, or fails where CI=true."""
    found = shutil.which("soffice")
    if found is None:
        missing = "LibreOffice Calc is not installed (Debian: libreoffice-calc-nogui)"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return found


@cache
def _profile_folder() -> tempfile.TemporaryDirectory[str]:
    """The folder of this process's profile, made once: to set up a new one is a third of a short conversion's work."""
    return tempfile.TemporaryDirectory(prefix="penchant-office-")


def convert(path: Path, folder: Path, target: str) -> Path:
    """The file as LibreOffice writes it in another format, every formula recalculated."""
    soffice = need_office()
    profile = Path(_profile_folder().name)
    (profile / "user").mkdir(exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE)
    out = folder / "converted"
    command = [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"]
    command += ["--convert-to", target, "--outdir", str(out), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    return out / f"{path.stem}.{target.partition(':')[0]}"


def recalculated(path: Path, folder: Path) -> dict[str, list[list[Any]]]:
    """Every sheet's cells, row by row from A1, as LibreOffice computes them."""
    return read(convert(path, folder, "xlsx:Calc MS Excel 2007 XML"))


def pdf_text(path: Path, folder: Path) -> str:
    """The text of every page as LibreOffice prints it, where a number too wide for its column is ###."""
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(convert(path, folder, "pdf")).pages)


def read(path: Path) -> dict[str, list[list[Any]]]:
    """Every sheet's stored values, row by row from A1, through a reader that is not the writer."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def formulas(path: Path) -> dict[str, dict[str, str]]:
    """Sheet -> address -> formula text."""
    import openpyxl

    book = openpyxl.load_workbook(path)
    return {
        sheet.title: {c.coordinate: c.value for row in sheet.iter_rows() for c in row if c.data_type == "f"}
        for sheet in book.worksheets
    }


def spoilt(path: Path, to: Path) -> Path:
    """A copy in which the value stored beside every formula is wrong: whoever trusts it is found out."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1<v>-12345</v>", data)
            new.writestr(name, data)
    return to
