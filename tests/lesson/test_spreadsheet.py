"""collab_filter.xlsx: LibreOffice recalculates every prediction and both errors to what Python computed."""

import numpy as np
import openpyxl
import pytest

import penchant as pt
from lesson.tables import ratings_of
from office import formulas, pdf_text, read, recalculated, spoilt
from penchant.lesson.crosstab import CrosstabSettings, crosstab
from penchant.lesson.factor_layout import OBJECTIVE, TOP, FactorLayout
from penchant.lesson.lookup_sheets import finder
from penchant.lesson.solver import SolverSettings, rmse
from penchant.lesson.spreadsheet import write_spreadsheet

NAN = np.nan
FACTOR_SHEETS = {"Dot product": False, "With biases": True}


def block(sheet, row, column, height, width):
    return [line[column : column + width] for line in sheet[row : row + height]]


def check(written, sheets):
    """Every number of the workbook against the Python side."""
    table = written.table
    users, items = table.values.shape
    for (name, bias), factors in zip(FACTOR_SHEETS.items(), written.shown, strict=True):
        places = FactorLayout(users, items, factors.user_vectors.shape[1], bias)
        sheet, predictions = sheets[name], factors.predictions()
        assert sheet[OBJECTIVE[0]][OBJECTIVE[1]] == pytest.approx(rmse(table, factors), abs=1e-9)
        shown = np.array(block(sheet, places.grid, places.left, users, items), dtype=np.float64)
        np.testing.assert_allclose(shown, np.where(table.rated, predictions, 0.0), atol=1e-9, rtol=0)
        errors = np.array(block(sheet, places.errors, places.left, users, items), dtype=object)
        np.testing.assert_allclose(
            errors[table.rated].astype(np.float64), (table.values - predictions)[table.rated], atol=1e-9, rtol=0
        )
        assert set(errors[~table.rated]) <= {""}
        unrated = np.array(block(sheet, places.unrated, places.left, users, items), dtype=object)
        np.testing.assert_allclose(
            unrated[~table.rated].astype(np.float64), predictions[~table.rated], atol=1e-9, rtol=0
        )
        assert set(unrated[table.rated]) <= {""}
    check_lookup(written, sheets["Look-up"])


def check_lookup(written, sheet):
    table, factors = written.table, written.shown[0]
    heads, rows = sheet[TOP], sheet[TOP + 1 : TOP + 1 + int(table.rated.sum())]
    at = {head: [row[place] for row in rows] for place, head in enumerate(heads) if head}
    users, items = np.nonzero(table.rated)
    assert at["user row"] == (users + 1).tolist()
    assert at["item column"] == (items + 1).tolist()
    assert at["title"] == [table.titles[i] for i in items]
    assert at["rating"] == table.values[users, items].tolist()
    for k in range(factors.user_vectors.shape[1]):
        np.testing.assert_allclose(at[f"user f{k + 1}"], factors.user_vectors[users, k], atol=1e-12)
        np.testing.assert_allclose(at[f"item f{k + 1}"], factors.item_vectors[items, k], atol=1e-12)
    np.testing.assert_allclose(at["prediction"], factors.predictions()[users, items], atol=1e-9, rtol=0)
    assert sheet[OBJECTIVE[0]][OBJECTIVE[1]] == pytest.approx(rmse(table, factors), abs=1e-9)


@pytest.fixture(scope="module")
def lesson_table():
    return crosstab(pt.movielens())


@pytest.mark.office
@pytest.mark.slow
@pytest.mark.parametrize("solved", [False, True])
def test_libreoffice_recalculates_the_lessons_workbook(tmp_path, lesson_table, solved):
    written = write_spreadsheet(tmp_path / "cf.xlsx", lesson_table, solved=solved)
    wrong = spoilt(tmp_path / "cf.xlsx", tmp_path / "wrong.xlsx")
    assert read(wrong)["Dot product"][OBJECTIVE[0]][OBJECTIVE[1]] == -12345
    check(written, recalculated(wrong, tmp_path))
    check(written, read(tmp_path / "cf.xlsx"))


@pytest.mark.office
@pytest.mark.slow
def test_the_sheets_follow_a_changed_rating_and_a_changed_factor(tmp_path):
    table = crosstab(ratings_of([[5, 3, NAN], [1, NAN, 2], [4, 4, 4]]), CrosstabSettings(users=3, items=3))
    written = write_spreadsheet(tmp_path / "cf.xlsx", table, SolverSettings(factors=2))
    book = openpyxl.load_workbook(tmp_path / "cf.xlsx")
    book["Crosstab"].cell(TOP + 3, 2).value = None  # the first user's first rating is taken back
    book["Dot product"].cell(TOP + 5, 2).value = 7.0  # and the first factor of that user becomes 7
    book["One-hot"].cell(TOP + 1, 2).value = 3
    book.save(tmp_path / "changed.xlsx")
    sheets = recalculated(tmp_path / "changed.xlsx", tmp_path)
    values, factors = table.values.copy(), written.shown[0]
    values[0, 0] = NAN
    factors.user_vectors[0, 0] = 7.0
    squares = (values - factors.predictions()) ** 2
    assert sheets["Dot product"][5][1] == pytest.approx(np.sqrt(np.nanmean(squares)), abs=1e-9)
    product, fetched, difference = (sheets["One-hot"][TOP + row][1:3] for row in (5, 6, 7))
    np.testing.assert_allclose(product, factors.user_vectors[2])
    np.testing.assert_allclose(fetched, factors.user_vectors[2])
    assert difference == [0, 0]


@pytest.mark.office
@pytest.mark.slow
def test_titles_and_ids_that_look_like_formulas_wildcards_or_each_other_stay_what_they_are(tmp_path):
    titles = ['=HYPERLINK("http://example.invalid","x")', "+1+1", "@SUM(A1)", "-2"]
    users, items = ["a*", "A*", "=1+1", "?"], ["007", "7", "b", "B"]
    values = np.array([[1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 1], [4, 5, 1, NAN]])
    table = crosstab(ratings_of(values, users=users, items=items, titles=titles), CrosstabSettings(users=4, items=4))
    written = write_spreadsheet(tmp_path / "cf.xlsx", table, SolverSettings(factors=2), solved=True)
    sheets = recalculated(spoilt(tmp_path / "cf.xlsx", tmp_path / "wrong.xlsx"), tmp_path)
    check(written, sheets)
    assert sheets["Crosstab"][TOP][1:5] == titles
    assert sheets["Crosstab"][TOP + 1][1:5] == items
    plain = openpyxl.load_workbook(tmp_path / "cf.xlsx")["Crosstab"]
    assert [plain.cell(TOP + 1, column).data_type for column in range(2, 6)] == ["s"] * 4
    assert all(cell.hyperlink is None for row in plain.iter_rows() for cell in row)


@pytest.mark.office
@pytest.mark.slow
def test_a_row_without_ratings_is_named_and_breaks_nothing(tmp_path):
    values = np.array([[3.0, 4.0, NAN, NAN, NAN], [4.0, 5.0, NAN, NAN, NAN], [NAN, NAN, 1.0, 2.0, 3.0]])
    table = crosstab(ratings_of(values, users=["a", "b", "c"]), CrosstabSettings(users=3, items=2))
    written = write_spreadsheet(tmp_path / "cf.xlsx", table, SolverSettings(factors=2), solved=True)
    sheets = recalculated(spoilt(tmp_path / "cf.xlsx", tmp_path / "wrong.xlsx"), tmp_path)
    check(written, sheets)
    assert any("user c" in str(cell) for row in sheets["Crosstab"] for cell in row)


@pytest.mark.office
@pytest.mark.slow
def test_no_number_is_too_wide_for_its_column(tmp_path, lesson_table):
    write_spreadsheet(tmp_path / "cf.xlsx", lesson_table, solved=True)
    text = pdf_text(tmp_path / "cf.xlsx", tmp_path)
    assert "Forrest Gump" in text
    assert "###" not in text


def test_blanks_stay_blank_and_ratings_are_plain_numbers(tmp_path, lesson_table):
    write_spreadsheet(tmp_path / "cf.xlsx", lesson_table)
    sheet = openpyxl.load_workbook(tmp_path / "cf.xlsx")["Crosstab"]
    for (u, i), value in np.ndenumerate(lesson_table.values):
        assert sheet.cell(TOP + 3 + u, 2 + i).value == (None if np.isnan(value) else value)


def test_named_ranges_and_excels_solver_are_prepared(tmp_path, lesson_table):
    write_spreadsheet(tmp_path / "cf.xlsx", lesson_table, solved=True)
    book = openpyxl.load_workbook(tmp_path / "cf.xlsx")
    shared = {"ratings", "titles", "user_ids", "item_ids", "rmse_lookup", "user_bias", "item_bias"}
    twice = {"user_factors", "item_factors", "predictions", "rmse"}
    wanted = shared | twice | {f"{name}_b" for name in twice}
    assert wanted <= set(book.defined_names)
    cells = {"Dot product": 150, "With biases": 180}
    for name, count in cells.items():
        own = book[name].defined_names
        assert own["solver_opt"].attr_text == f"'{name}'!$B$6"
        assert [own[f"solver_{key}"].attr_text for key in ("typ", "eng", "neg")] == ["2", "1", "2"]
        assert all(one.hidden for key, one in own.items() if key.startswith("solver_"))
        changing = [book[name][part.split("!")[1]] for part in own["solver_adj"].attr_text.split(",")]
        numbers = [cell.value for rows in changing for row in rows for cell in row]
        assert len(numbers) == count
        assert all(isinstance(number, float | int) for number in numbers)


def test_the_sheet_says_when_excels_own_solver_cannot_take_it(tmp_path):
    values = np.random.default_rng(0).integers(1, 6, (20, 20)).astype(float)
    table = crosstab(ratings_of(values), CrosstabSettings(users=20, items=20))
    write_spreadsheet(tmp_path / "cf.xlsx", table, SolverSettings(factors=6))
    texts = [str(cell) for row in read(tmp_path / "cf.xlsx")["Dot product"][:4] for cell in row]
    assert any("240 cells; Excel's own Solver can change at most 200: request fewer" in text for text in texts)


def test_predictions_are_live_formulas(tmp_path, lesson_table):
    write_spreadsheet(tmp_path / "cf.xlsx", lesson_table)
    live = formulas(tmp_path / "cf.xlsx")
    assert live["Dot product"]["G15"] == '=IF(INDEX(ratings,1,1)="",0,MMULT($B15:$F15,G$10:G$14))'
    assert live["With biases"]["H16"] == '=IF(INDEX(ratings,1,1)="",0,MMULT($B16:$F16,H$10:H$14)+$G16+H$15)'
    assert sum("MATCH(" in formula for formula in live["Look-up"].values()) == 2 * 206
    assert len(live["Look-up"]) == 206 * 16 + 1


@pytest.mark.parametrize("ids", [["a", "b*"], ["a", "b?"], ["a", "~"], ["a", "A"], ["a", "b" * 256]])
def test_ids_that_match_would_confuse_are_found_exactly(ids):
    assert "EXACT" in finder(np.array(ids, dtype=object), "user_ids", "ROW")("A1")


def test_the_same_seed_writes_the_same_numbers(tmp_path, lesson_table):
    for name in "one", "two":
        write_spreadsheet(tmp_path / f"{name}.xlsx", lesson_table, SolverSettings(seed=9))
    assert read(tmp_path / "one.xlsx") == read(tmp_path / "two.xlsx")


def test_colours_cover_the_rated_cells_only(tmp_path):
    table = crosstab(ratings_of([[5, 3, NAN, 1], [NAN, 2, 2, NAN]]), CrosstabSettings(users=2, items=4))
    write_spreadsheet(tmp_path / "cf.xlsx", table, SolverSettings(factors=1))
    sheet = openpyxl.load_workbook(tmp_path / "cf.xlsx")["Crosstab"]
    (coloured,) = sheet.conditional_formatting
    shown = {sheet.cell(*place).coordinate for area in coloured.sqref.ranges for place in area.cells}
    rated = {sheet.cell(TOP + 3 + u, 2 + i).coordinate for u, i in np.argwhere(table.rated).tolist()}
    assert shown == rated
