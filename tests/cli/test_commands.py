"""The command line: every command on a real file, errors in one line, JSON that parses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import SOURCE, penchant, penchant_process

ROOT = Path(__file__).parents[2]
RATINGS = ROOT / "src/penchant/data/shipped/ml-latest-small/ratings.csv"
COLUMNS = ["--user-column", "userId", "--item-column", "movieId", "--rating-column", "rating"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained") / "model"
    done = penchant("train", RATINGS, *COLUMNS, "--model", "baseline", "--out", folder, "--hold-out", "0.2", "--json")
    facts = json.loads(done.stdout)
    assert (facts["model"], facts["ratings"], facts["users"]) == ("baseline", 80_004, 671)
    return folder


def test_recommend_lists_items_the_user_has_not_rated(model: Path) -> None:
    answer = json.loads(penchant("recommend", model, "--user", "1", "-n", "5", "--json").stdout)
    assert (answer["asked"], answer["source"], len(answer["items"])) == ("1", "known", 5)
    scores = [line["score"] for line in answer["items"]]
    assert scores == sorted(scores, reverse=True)


def test_an_unknown_user_gets_a_flagged_list(model: Path) -> None:
    done = penchant("recommend", model, "--user", "unknown", "-n", "3")
    assert "'unknown' is not known to the model" in done.stderr
    assert len(done.stdout.splitlines()) == 6
    assert json.loads(penchant("recommend", model, "--user", "unknown", "--json").stdout)["source"] == "prior"


def test_fold_in_gives_a_list_for_a_new_user(model: Path) -> None:
    answer = json.loads(penchant("fold-in", model, "--rate", "260=5", "--rate", "1196=4.5", "--json").stdout)
    assert answer["source"] == "folded_in"
    assert not {260, 1196} & {line["id"] for line in answer["items"]}


def test_evaluate_uses_the_held_out_rows(model: Path) -> None:
    report = json.loads(penchant("evaluate", model, RATINGS, *COLUMNS, "--json").stdout)
    text = json.dumps(report)
    assert "20000" in text and report["reading"]["ratings"] == 100_004
    assert "baseline" in text


def test_evaluate_tests_a_new_model_if_the_model_was_trained_on_every_row(tmp_path: Path) -> None:
    table = tmp_path / "ratings.csv"
    rows = [f"{u},{i},{1 + (u * i) % 5}" for u in range(30) for i in range(20) if (u + i) % 3]
    table.write_text("\n".join(["user,item,rating", *rows]))
    penchant("train", table, "--model", "baseline", "--out", tmp_path / "m")
    said = penchant("evaluate", tmp_path / "m", table).stderr
    assert "a new model with the same settings is tested" in said and "400 rows read" in said


def test_features_of_the_items_are_joined_by_the_named_column(tmp_path: Path) -> None:
    table, items = tmp_path / "ratings.tsv", tmp_path / "items.csv"
    rows = [f"{u}\t{i}\t{1 + (u * i) % 5}" for u in range(30) for i in range(20) if (u + i) % 3]
    table.write_text("\n".join(["who\twhat\tstars", *rows]))
    items.write_text("\n".join(["code,kind", *(f"{i},{'ab'[i % 2]}" for i in range(20))]))
    columns = ["--user-column", "who", "--item-column", "what", "--rating-column", "stars"]
    features = ["--items", items, "--items-id", "code"]
    penchant("train", table, *columns, *features, "--model", "baseline", "--out", tmp_path / "m", "--json")
    tuned = penchant("tune", table, *columns, *features, "--model", "baseline", "--trials", "1", "--json")
    assert json.loads(tuned.stdout)["on_test"]["protocol"]["rows"]["train"] == 320


def test_a_remedy_names_options_of_the_command_line(tmp_path: Path) -> None:
    table = tmp_path / "ratings.csv"
    table.write_text("userId;what;rating\n1;2;x\n2;3;4\n")
    says = penchant("train", table, "--out", tmp_path / "m", code=2).stderr
    assert "Name it with --item-column NAME. The columns are: 'userId', 'what', 'rating'" in says
    named = ["--item-column", "what"]
    assert "pass --bad-rows 'skip'" in penchant("train", table, *named, "--out", tmp_path / "m", code=2).stderr


def test_models_lists_every_model_and_its_settings() -> None:
    assert "dot_bias" in json.loads(penchant("models", "--json").stdout)
    settings = json.loads(penchant("models", "dot_bias", "--json").stdout)
    assert "factors" in {one["name"] for one in settings}
    assert all(one["meaning"] for one in settings)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["recommend", "no-such-folder", "--user", "1"], "there is no model here"),
        (["train", "no-such-file.csv", "--out", "m"], "no-such-file.csv"),
        (["train", RATINGS, "--model", "svd", "--out", "m"], "there is no model 'svd'. Choose one of: "),
        (["train", RATINGS, "--model", "dot_bias", "--factor", "8", "--out", "m"], "Did you mean '--factors'"),
        (["train", RATINGS, "--rating-colum", "stars", "--out", "m"], "Did you mean '--rating-column'"),
        (["train", RATINGS, "--model", "dot_bias", "--factors", "many", "--out", "m"], "'many' is not of type int"),
        (["train", RATINGS, "--rating-column", "stars", "--out", "m"], "there is no column 'stars'"),
        (["models", "svd"], "there is no model 'svd'"),
    ],
)
def test_a_callers_mistake_is_one_line_and_exit_code_two(
    words: list[str | Path], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    last = penchant(*words, code=2).stderr.splitlines()[-1]
    assert last.startswith("penchant: ")
    assert says in last
    assert not (tmp_path / "m").exists()


def test_similar_needs_one_of_two(model: Path) -> None:
    assert "Give either --item ID or --user ID" in penchant("similar", model, code=2).stderr


def test_an_invalid_rating_on_the_command_line_is_named(model: Path) -> None:
    assert "'260:5' is not a rating. Write it as item=rating" in penchant(
        "fold-in", model, "--rate", "260:5", code=2
    ).stderr  # fmt: skip


def test_the_command_as_a_process() -> None:
    import penchant as package

    assert penchant_process("--version").stdout.strip() == package.__version__
    assert penchant_process("models", "svd", code=2).stderr.startswith("penchant: there is no model 'svd'")


def started(*words: str, **pipes: int) -> subprocess.Popen[str]:
    """The command as a running process."""
    line = [sys.executable, "-m", "penchant", *words]
    return subprocess.Popen(line, text=True, env=os.environ | {"PYTHONPATH": str(SOURCE)}, **pipes)


def test_a_reader_that_has_left_ends_the_command_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with started("models", "--json", stdout=writing, stderr=subprocess.PIPE) as process:
        os.close(writing)
        assert process.communicate()[1] == ""


def test_an_interrupt_ends_the_command_without_a_traceback(tmp_path: Path) -> None:
    with started("train", "movielens", "--out", str(tmp_path / "m"), stderr=subprocess.PIPE) as process:
        assert process.stderr is not None and "rows read" in process.stderr.readline()  # the table; training follows
        process.send_signal(signal.SIGINT)
        assert "Traceback" not in process.communicate()[1]
        assert process.returncode == 130
    assert not (tmp_path / "m").exists()
