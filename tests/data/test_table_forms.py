"""Every form of table is read into the same ratings, in Python and by the options of the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from command_line import table_of
from pages import ROOT
from penchant.data.ratings import Ratings
from table_forms import FORMS, Form, line, words_of

PAGE = ROOT / "docs" / "guide" / "forms.md"


def rows_of(ratings: Ratings) -> list[tuple]:
    return sorted(row[:3] for row in ratings.to_frame().iter_rows())


def read(form: Form, folder: Path) -> Ratings:
    path = folder / form.file
    form.write(path)
    options = dict(form.options)
    if form.url:
        return Ratings.from_sql(options.pop("query"), f"sqlite:///{path}", **options)
    return Ratings.from_file(path, **options)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.words)
def test_a_form_is_read_in_python_and_by_the_command(form: Form, tmp_path: Path) -> None:
    ratings = read(form, tmp_path)
    assert rows_of(ratings) == form.expected
    if form.times is not None:
        assert ratings.timestamps is not None
        order = np.lexsort((ratings.item_numbers, ratings.user_numbers))
        assert ratings.timestamps[order].tolist() == form.times
    by_command = table_of("train", *words_of(form, f"{tmp_path}/"), "--out", "m").read()
    assert by_command.to_frame().equals(ratings.to_frame())
    assert len(str(ratings.report).splitlines()) >= 5
    assert line(form, ratings.report) in PAGE.read_text(encoding="utf-8").splitlines()


def test_the_page_has_no_other_line() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert sum(one.startswith("| ") and "`penchant train " in one for one in lines) == len(FORMS)
