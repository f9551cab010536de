"""The standard benchmarks read the original files, and their test rows are those of the published protocols."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmark_modules import benchmark

standard_data, standard = benchmark("standard_data"), benchmark("standard")


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="latin-1")
    return folder


HUNDRED_K = {
    "u_dot_data": "".join(f"{n % 3 + 1}\t{n // 3 + 1}\t{n % 5 + 1}\t88125{n}\n" for n in range(9)),
    "u_dot_item": "".join(
        f"{n}|Caf\u00e9 {n} (199{n})|01-Jan-199{n}||http://x|{'|'.join('1' if k == n else '0' for k in range(19))}\n"
        for n in (1, 2, 3)
    ),
    "u_dot_user": "1|24|M|writer|85711\n2|53|F|other|T8H1N\n3|23|M|writer|32067\n",
}


def test_movielens_100k_with_the_columns_of_items_and_users(tmp_path: Path) -> None:
    data = standard_data.read_folder(written(tmp_path, **HUNDRED_K))
    assert data.name == "MovieLens 100K" and len(data.ratings) == 9
    films, users = data.ratings.item_features, data.ratings.user_features
    assert films is not None and users is not None
    assert list(films.columns["genres"]) == [("Action",), ("Adventure",), ("Animation",)]
    assert films.columns["year"][0] == 1991 and films.titles is not None and films.titles[0] == "Caf\u00e9 1 (1991)"
    assert set(users.columns) == {"age", "gender", "occupation"}
    assert list(standard.inputs_of(data.ratings)) == [
        "ids", "genres, year", "genres, year, age, gender, occupation"
    ]  # fmt: skip


def test_the_folds_of_100k_are_consecutive_fifths_in_file_order(tmp_path: Path) -> None:
    data = standard_data.read_folder(written(tmp_path, **HUNDRED_K))
    folds = standard.rating_tests(data)
    assert [name for name, _ in folds] == ["u1", "u2", "u3", "u4", "u5"]
    np.testing.assert_array_equal(np.concatenate([rows for _, rows in folds]), np.arange(9))
    np.testing.assert_array_equal(data.ratings.values, [n % 5 + 1 for n in range(9)])  # the order of the file


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"ratings_dot_dat": "1::10::5::978300760\n2::11::3::978300761\n", "users_dot_dat": ""}, "MovieLens 1M"),
        ({"ratings_dot_dat": "1::10::4.5::978300760\n2::11::3::978300761\n"}, "MovieLens 10M"),
        (
            {"ratings_dot_csv": "userId,movieId,rating,timestamp\n1,10,4.5,978300760\n2,11,3,978300761\n"},
            "MovieLens, 2 ratings",
        ),
        ({"ratings_dot_csv": "user_id,book_id,rating\n1,10,4\n2,11,3\n", "books_dot_csv": ""}, "goodbooks-10k"),
        ({"ratings_dot_dat": "1::0054890::9::1381945744\n2::1408101::10::1382400295\n"}, "MovieTweetings"),
    ],
)
def test_other_original_folders(tmp_path: Path, files: dict[str, str], name: str) -> None:
    data = standard_data.read_folder(written(tmp_path, **files))
    assert (data.name, len(data.ratings), data.ratings.n_items) == (name, 2, 2)
    tests = standard.rating_tests(data)
    assert len(tests) == standard.FOLDS and sum(len(rows) for _, rows in tests) == 2


@pytest.mark.parametrize("file", ["training_set__mv_0000001_dot_txt", "combined_data_1_dot_txt"])
def test_netflix_sets_the_probe_rows_aside(tmp_path: Path, file: str) -> None:
    text = "1:\n7,5,2005-09-06\n8,3,2005-09-07\n"
    more = {"training_set__mv_0000002_dot_txt": "2:\n7,1,2004-01-01\n"} if file.startswith("t") else {}
    text += "" if more else "2:\n7,1,2004-01-01\n"
    data = standard_data.read_folder(written(tmp_path, **{file: text, "probe_dot_txt": "1:\n8\n2:\n7\n"}, **more))
    assert data.probe is not None and data.probe.tolist() == [1, 2]
    assert data.ratings.values.tolist() == [5, 3, 1] and standard.rating_tests(data)[0][0] == "probe"
    assert data.ratings.timestamps is not None and data.ratings.timestamps[0] == 1125964800


def test_a_folder_without_a_known_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no known data set here.*u\.data"):
        standard_data.read_folder(tmp_path)


def test_a_stopped_run_continues(tmp_path: Path) -> None:
    data = standard_data.read_folder(written(tmp_path, **HUNDRED_K))
    done = [
        {"protocol": "ratings", "inputs": inputs, "fold": fold}
        for inputs in standard.inputs_of(data.ratings)
        for fold, _ in standard.rating_tests(data)
    ]
    assert list(standard.rating_folds(data, done, None)) == []


def test_the_mean_over_folds_has_a_t_interval() -> None:
    rows = [
        {"protocol": "ratings", "inputs": "ids", "fold": n, "rmse": value} for n, value in enumerate((1.0, 2.0, 3.0))
    ]
    (line,) = standard.summary(rows)
    assert line["rmse"] == 2.0 and line["high"] - 2.0 == pytest.approx(4.3027 / 3**0.5, abs=1e-4)
