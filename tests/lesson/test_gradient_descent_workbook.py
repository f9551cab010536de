"""graddesc.xlsx: LibreOffice, recalculating every formula, finds the numbers of the Python reference."""

import numpy as np
import openpyxl
import pytest

from office import formulas, pdf_text, read, recalculated, spoilt
from penchant.lesson.gradient_descent import DescentSettings, Experiment, LinePoints, all_experiments, points
from penchant.lesson.gradient_descent_data import POINTS
from penchant.lesson.gradient_descent_workbook import FIRST, HEAD, STEPS, write_gradient_descent
from penchant.lesson.optimizers import SGD, Adam

STATE = {"velocity": "first", "mean slope": "first", "sum of squares": "second", "mean square": "second"}


def column(sheet, heading, count, offset=FIRST):
    place = sheet[HEAD].index(heading, STEPS)
    return np.array([row[place] for row in sheet[offset : offset + count]], dtype=np.float64)


def pair(sheet, heading, count):
    return np.stack([column(sheet, heading.format(p), count) for p in "ab"], axis=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("graddesc") / "graddesc.xlsx"
    return path, write_gradient_descent(path)


@pytest.fixture(scope="module")
def wrong(written, tmp_path_factory):
    return spoilt(written[0], tmp_path_factory.mktemp("wrong") / "spoilt.xlsx")


@pytest.fixture(scope="module")
def calculated(wrong, tmp_path_factory):
    return recalculated(wrong, tmp_path_factory.mktemp("calc"))


@pytest.mark.office
@pytest.mark.slow
@pytest.mark.parametrize("name", all_experiments())
def test_libreoffice_computes_the_reference_trace(written, calculated, name):
    trace, sheet = written[1][name], calculated[name]
    count = len(trace.x)
    same = {"rtol": 1e-9, "atol": 1e-9}
    single = {"epoch": trace.epoch, "x": trace.x, "y": trace.y, "prediction": trace.prediction}
    for heading, values in (*single.items(), ("error²", trace.squared_error)):
        np.testing.assert_allclose(column(sheet, heading, count), values, err_msg=heading, **same)
    double = {"{}": trace.at, "slope {}": trace.slope, "step {}": trace.step, "new {}": trace.after}
    for heading, values in double.items():
        np.testing.assert_allclose(pair(sheet, heading, count), values, err_msg=heading, **same)
    # a difference of two squares as large as 1e5, over 0.01, keeps about nine digits
    np.testing.assert_allclose(pair(sheet, "slope {}, estimated", count), trace.estimated, rtol=1e-7, atol=1e-6)
    for heading, field in STATE.items():
        if f"{heading} a" in sheet[HEAD]:
            kept = getattr(trace, field)
            np.testing.assert_allclose(pair(sheet, heading + " {}", count), kept, err_msg=heading, **same)
    if "feedback" in sheet[HEAD]:
        np.testing.assert_allclose(column(sheet, "feedback", count), trace.feedback, **same)
    if "rate" in sheet[HEAD][STEPS:]:
        np.testing.assert_allclose(column(sheet, "rate", count), trace.learning_rate, **same)


@pytest.mark.office
@pytest.mark.slow
def test_libreoffice_computes_the_comparison(written, calculated):
    sheet = calculated["Compare"]
    for place, (name, trace) in enumerate(written[1].items(), start=1):
        assert sheet[HEAD][place] == name
        got = [row[place] for row in sheet[HEAD + 1 : HEAD + 1 + len(trace.rmse)]]
        np.testing.assert_allclose(got, trace.rmse, rtol=1e-9)


def test_the_judges_copy_holds_nothing_but_wrong_answers(wrong):
    for name in all_experiments():
        assert set(pair(read(wrong)[name], "new {}", 290).ravel()) == {-12345.0}


def test_a_reader_that_does_not_calculate_sees_the_same_numbers(written):
    sheets = read(written[0])
    assert list(sheets) == ["Introduction", "Data", "Compare", *all_experiments()]
    for name, trace in written[1].items():
        np.testing.assert_allclose(pair(sheets[name], "new {}", len(trace.x)), trace.after, rtol=1e-12)
        assert pair(sheets[name], "new {}", 1).tolist() == trace.after[:1].tolist()
        assert [column(sheets[name], f"new {p}", 1, HEAD + 1)[0] for p in "ab"] == [1, 1]


@pytest.mark.office
@pytest.mark.slow
def test_no_number_is_too_wide_for_its_column(tmp_path):
    path = tmp_path / "graddesc.xlsx"
    write_gradient_descent(path, experiments=all_experiments(DescentSettings(epochs=2)))  # pages are what costs
    text = pdf_text(path, tmp_path)
    assert "Momentum (torch)" in text
    assert "###" not in text


@pytest.mark.office
@pytest.mark.slow
def test_a_changed_point_changes_every_optimiser_sheet(written, tmp_path):
    book = openpyxl.load_workbook(written[0])
    book["Data"].cell(POINTS + 1, 2).value = 500.0
    book.save(tmp_path / "changed.xlsx")
    sheets = recalculated(tmp_path / "changed.xlsx", tmp_path)
    line = points()
    changed = LinePoints(line.x, np.concatenate([[500.0], line.y[1:]]))
    for name, experiment in all_experiments().items():
        np.testing.assert_allclose(pair(sheets[name], "new {}", 290), experiment.run(changed).after, rtol=1e-6)


def test_torchs_momentum_takes_the_lessons_steps_at_a_tenth_of_the_rate(written):
    traces = written[1]
    np.testing.assert_allclose(traces["Momentum (torch)"].after, traces["Momentum"].after, rtol=1e-12)
    first = traces["Momentum"]
    np.testing.assert_allclose(first.first[0], 0.1 * first.slope[0])


def test_every_number_after_the_given_points_is_a_formula(written):
    for name, cells in formulas(written[0]).items():
        steps = len(written[1][name].x) if name in written[1] else 0
        for address, formula in cells.items():
            assert formula.startswith("="), (name, address)
        assert len(cells) >= steps * 15, name


@pytest.mark.office
@pytest.mark.slow
def test_other_points_other_settings_and_other_names_are_taken(tmp_path):
    line = LinePoints(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.5, 7.0]))
    settings = DescentSettings(epochs=3, start_a=0.5, epsilon=0.1, annealing=2.0)
    chosen = {
        "Mine": Experiment(Adam(learning_rate=0.3, bias_correction=True), settings),
        "SGD": Experiment(SGD(0.01), settings),
    }
    traces = write_gradient_descent(tmp_path / "small.xlsx", line=line, experiments=chosen)
    sheets = recalculated(spoilt(tmp_path / "small.xlsx", tmp_path / "wrong.xlsx"), tmp_path)
    for name, experiment in chosen.items():
        np.testing.assert_array_equal(traces[name].after, experiment.run(line).after)
        np.testing.assert_allclose(pair(sheets[name], "new {}", 9), traces[name].after, atol=1e-9)
        np.testing.assert_allclose(column(sheets[name], "rate", 9), traces[name].learning_rate, atol=1e-12)
    assert traces["Mine"].at[0].tolist() == [0.5, 1.0]
    assert any("y = 1.964x - 0.75" in str(cell) for cell in sheets["Introduction"][1])
    assert [row[:2] for row in sheets["Data"][POINTS : POINTS + 3]] == [[1.0, 1.0], [2.0, 3.5], [4.0, 7.0]]


def test_points_are_the_lessons_problem():
    line = points()
    assert len(line.x) == len(set(line.x)) == 29
    np.testing.assert_array_equal(line.y, 2 * line.x + 30)
