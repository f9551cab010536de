"""The lab's page: self-contained, and drawn without an error by a real browser."""

import pytest

from evaluation.test_report_html import browser  # noqa: F401 (a fixture)
from penchant.lesson.gradient_descent import all_experiments, descend, points
from penchant.lesson.lab_page import write_lab_page

PLOTS = 7


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    line = points()
    traces = {
        name: descend(line, experiment.optimizer, experiment.settings) for name, experiment in all_experiments().items()
    }
    return write_lab_page(tmp_path_factory.mktemp("lab") / "lab.html", traces, line)


@pytest.mark.slow
def test_the_page_stands_alone(page_file):
    page = page_file.read_text(encoding="utf-8")
    assert page.count("Plotly.newPlot(") >= PLOTS
    assert 'src="http' not in page


@pytest.mark.slow
@pytest.mark.browser
def test_a_browser_draws_every_picture_and_requests_nothing(page_file, browser):  # noqa: F811
    tab = browser.new_page()
    messages, asked = [], []
    tab.on("console", lambda message: messages.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(page_file.as_uri())
    drawn = "[...document.querySelectorAll('.js-plotly-plot')].filter(plot => plot.querySelector('.subplot.xy'))"
    tab.wait_for_function(f"{drawn}.length == {PLOTS}", timeout=60_000)
    assert messages == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    tab.close()
