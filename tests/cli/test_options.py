"""Options of the command line: settings, a configuration file, remedies, and what the help says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from command_line import answer, penchant, refused, table_of, write
from pages import ROOT
from penchant.cli.remedies import in_options
from penchant.data.ratings import Ratings
from penchant.foundations.errors import SettingsError
from penchant.training.registry import MODELS

RATINGS = "user,item,rating\n" + "".join(
    f"{u},{i},{1 + (u * i) % 5}\n" for u in range(20) for i in range(12) if (u + i) % 3
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "r.csv", RATINGS)


def test_settings_are_set_by_name(table: Path, tmp_path: Path) -> None:
    import penchant as pt

    words = ["train", table, "--model", "als", "--out", tmp_path / "m", "--set", "factors=3", "--set", "epochs=2"]
    answer(*words)
    model = pt.load(tmp_path / "m").rating_model
    assert model is not None and (model.settings["factors"], model.settings["epochs"]) == (3, 2)
    assert "there is no option --factor. Did you mean '--factors'" in refused(*words, "--set", "factor=3")
    assert "Write --set factors=32" in refused(*words, "--set", "factors")


def test_the_help_of_train_lists_the_settings_of_every_model() -> None:
    text = penchant("train", "--help").stdout
    words = set(re.findall(r"[\w-]+", text))
    assert set(MODELS) <= words
    assert {"factors", "epochs", "burn_in"} <= words


def test_a_configuration_file_gives_values_and_the_command_line_overrules_it(table: Path, tmp_path: Path) -> None:
    lines = [
        'ratings = "r.csv"',
        "[train]",
        'out = "m"',
        'model = "als"',
        "set = {factors = 3}",
        "[recommend]",
        "n = 4",
    ]
    config = write(tmp_path / "shop.toml", "\n".join(lines))
    assert answer("--config", config, "train")["folder"] == str(tmp_path / "m")
    assert answer("--config", config, "train", "--out", tmp_path / "n")["folder"] == str(tmp_path / "n")
    assert len(answer("--config", config, "recommend", tmp_path / "m", "--user", 1, "--seen")["items"]) == 4


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('rating = "r.csv"', "there is no option 'rating'. Did you mean 'ratings'"),
        ("[train]\nmodle = 1", r"[train]: there is no option 'modle'. Did you mean 'model'"),
        ("a = ", "the file is not valid TOML"),
    ],
)
def test_a_configuration_file_with_a_mistake_is_refused(tmp_path: Path, content: str, says: str) -> None:
    assert says in refused("--config", write(tmp_path / "c.toml", content), "models")
    assert "there is no such file" in refused("--config", tmp_path / "none.toml", "models")


def test_every_remedy_names_options_on_the_command_line() -> None:
    """No remedy of the reader is left with an argument of Python, and each option it names is one of `train`."""
    options = set(re.findall(r"--[a-z-]+", penchant("train", "--help").stdout))
    for path in sorted((ROOT / "src/penchant/data").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "remedy":
                for text in (one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)):
                    if not isinstance(text, str) or "with_features" in text:
                        continue
                    for side in ("", "items"):
                        said = in_options(text, side)
                        named = {one for one in re.findall(r"--[a-z-]+", said) if not one.startswith("--feature")}
                        assert not re.search(r"\b(?!where|feature)[a-z_]+=(['…TF\[\"{]|\d)", said), said
                        assert named <= options | {"--unrated"}, said


@pytest.mark.parametrize(
    ("remedy", "side", "said"),
    [
        ("Pass separator=';', or leave it out", "", "Pass --separator ';', or leave it out"),
        ("Pass separator=';', or leave it out", "items", "Pass --items-separator ';', or leave it out"),
        ("pass header=True if", "", "pass --header if"),
        ("pass wide=True", "", "pass --wide"),
        ("Name it with timestamp=…. The", "", "Name it with --time-column NAME. The"),
        (
            "Pass time_format='%d/%m/%Y' or time_format='%m/%d/%Y'",
            "",
            "Pass --time-format '%d/%m/%Y' or --time-format '%m/%d/%Y'",
        ),
        ("pass rating=False if", "", "pass --no-rating if"),
        ("with id_column=…", "users", "with --users-id NAME"),
    ],
)
def test_a_remedy_in_options(remedy: str, side: str, said: str) -> None:
    assert in_options(remedy, side) == said


def test_words_for_separators_and_every_reading_option(tmp_path: Path) -> None:
    path = write(tmp_path / "t.txt", "w\tx\ty\nann\t10\t4\nbob\t11\t5\n")
    words = ["--separator", "tab", "--user-column", "w", "--item-column", "x", "--rating-column", "y", "--scale", "1:5"]
    ratings = table_of("train", path, *words, "--out", "m").read()
    assert (len(ratings), ratings.scale.low, ratings.scale.declared) == (2, 1, True)
    assert len(table_of("train", path, *[r"\t" if one == "tab" else one for one in words], "--out", "m").read()) == 2
    with pytest.raises(SettingsError, match="Write --scale 1:5"):
        table_of("train", path, "--scale", "1-5", "--out", "m").read()


def test_users_have_a_table_of_their_own(tmp_path: Path) -> None:
    table = write(tmp_path / "r.csv", RATINGS)
    users = write(tmp_path / "users.dat", "".join(f"{n}|{20 + n}|{'FM'[n % 2]}|é\n" for n in range(20)), "latin-1")
    words = ["--users", users, "--users-names", "user,age,sex,town", "--users-separator", "pipe"]
    features = table_of("train", table, *words, "--out", "m").read().user_features
    assert features is not None and features.row(3) == {"age": 23.0, "sex": "M", "town": "é"}


def test_the_shipped_files_need_no_option() -> None:
    folder = ROOT / "src/penchant/data/shipped/movietweetings"
    ratings = table_of("train", folder / "ratings.dat.gz", "--items", folder / "movies.dat.gz", "--out", "m").read()
    assert isinstance(ratings, Ratings) and ratings.item_features is not None and ratings.item_features.titles


def test_doctor_says_what_a_report_needs() -> None:
    found = answer("doctor")
    assert found.keys() >= {"penchant", "python", "threads", "memory", "blas", "packages", "extras"}
    assert "missing" not in found["packages"].values()
    assert "Extras" in penchant("doctor").stdout
