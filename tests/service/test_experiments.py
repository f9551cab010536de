"""The loop is closed: lists have ids, outcomes come back, and a report finds the better arm, or that there is none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from penchant.cli.main import build
from penchant.foundations.errors import CallerError, SettingsError
from penchant.service.experiments import OnlineExperiment
from penchant.service.online_report import OnlineReport, online_report
from penchant.service.storage.given_lists import GivenItem, GivenList
from penchant.service.version_store import VersionStore
from service.made_service import Value, made_model, made_service

RANKING = "ranking: rating, base"
ITEMS = [GivenItem(str(n)) for n in range(10)]


def simulated(rates: tuple[float, float], *, users: int = 1500, seed: int = 0) -> OnlineReport:
    """Users who choose one item of a list with the rate of their arm."""
    experiment, rng = OnlineExperiment.of("test: combined, choice"), np.random.default_rng(seed)
    assert experiment is not None
    lists, outcomes = [], {}
    for number in range(users):
        arm = experiment.arm(f"user {number}").name
        rate = rates[arm == "choice"]
        for turn in range(int(rng.integers(1, 4))):
            name = f"{number}-{turn}"
            lists.append(GivenList(name, f"user {number}", "test", arm, "base", "known", False, ITEMS, 0))
            if rng.random() < rate:
                outcomes[name] = [str(rng.integers(10))]
    return online_report(lists, outcomes, "chosen")


def test_a_better_arm_is_found() -> None:
    found = simulated((0.10, 0.18))
    assert found.conclusion == "choice is better than combined."
    assert found.difference is not None
    assert [one.arm for one in found.arms] == ["choice", "combined"]
    assert found.difference.low < -0.08 < found.difference.high < 0
    assert simulated((0.18, 0.10)).conclusion == "combined is better than choice."


def test_arms_that_are_the_same_are_not_distinguished() -> None:
    conclusions = [simulated((0.15, 0.15), users=400, seed=seed).conclusion for seed in range(20)]
    assert conclusions.count("No difference can be seen.") >= 19


def test_there_is_no_conclusion_too_early_or_for_a_split_that_is_not_even() -> None:
    assert simulated((0.0, 1.0), users=150).conclusion.startswith("Too early")
    lists = [
        GivenList(str(n), str(n), "test", "a" if n % 3 else "b", "base", "known", False, ITEMS, 0) for n in range(900)
    ]
    assert online_report(lists, {}, "chosen").conclusion.startswith("Do not use it")
    assert online_report([], {}, "chosen").conclusion == "There is no experiment with two arms."


def test_a_users_arm_is_stable_and_halves_are_even() -> None:
    one, again = OnlineExperiment.of(RANKING), OnlineExperiment.of(RANKING)
    other = OnlineExperiment.of("other: rating, base")
    assert one is not None and again is not None and other is not None
    users = [f"u{n}" for n in range(4000)]
    arms = [one.arm(user) for user in users]
    assert arms == [again.arm(user) for user in users]
    assert 1850 < sum(arm.name == "base" for arm in arms) < 2150
    same = sum(arm == other.arm(user) for arm, user in zip(arms, users, strict=True))
    assert 1850 < same < 2150  # another experiment splits in another way


@pytest.mark.parametrize("text", ["x", "x: combined", "x: combined, combined", "x: best, choice", "X: choice, rating"])
def test_experiments_that_are_written_wrong_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="no experiment"):
        OnlineExperiment.of(text)


def chosen(made: Value, lists: list[dict]) -> list[int]:
    rows = [{"list_id": one["list_id"], "item": one["items"][0]["item"], "kind": "chosen"} for one in lists]
    found = made.client.post("/v1/outcomes", json={"outcomes": rows}).json()
    return [one["status"] for one in found["outcomes"]]


def test_lists_are_recorded_and_outcomes_reported(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", experiment=RANKING) as made:
        read = made.headers("read")
        lists = [made.client.get(f"/v1/users/{n}/recommendations?n=3", headers=read).json() for n in range(1, 25)]
        lists.append(made.client.get("/v1/users/1/recommendations?n=3&by=rating", headers=read).json())
        assert made.client.get("/v1/users/1/recommendations").json()["list_id"] is None  # not for others
        assert len({one["list_id"] for one in lists}) == 25
        assert chosen(made, lists) == [200] * 25
        assert chosen(made, lists[:1]) == [200]  # again, which changes nothing
        wrong = [{**lists[0], "list_id": "0" * 32}, {**lists[1], "items": [{"item": "no such"}]}]
        assert chosen(made, wrong) == [404, 404]
        store = made.service.lists
        found = online_report(store.lists("ranking"), store.outcomes("chosen"), "chosen")
        assert [(one.arm, one.rate.value) for one in found.arms] == [("base", 1.0), ("rating", 1.0)]
        assert sum(one.lists for one in found.arms) == 24
        assert {source for one in found.arms for source in one.sources} == {"known"}
        assert made.client.post("/v1/recommendations", json={}).json()["list_id"] is None
        made.client.delete("/v1/users/1", headers=made.headers("write"))
        assert "1" not in [one.user_id for one in store.lists()]
    words = ["report", str(tmp_path / "model"), "--online", "--experiment", "ranking", "--json"]
    printed = CliRunner().invoke(build(), words)
    assert json.loads(printed.stdout)["conclusion"].startswith("Too early")


def run_of_users(folder: Path, rates: tuple[float, float], *, users: int = 600) -> dict:
    """The overview of an experiment between two versions after simulated users have used the service over HTTP.

    A user likes the films of one group and has rated two of them. They choose the first film of their list with a
    probability: the first of `rates` if it is one of their group, else the second.
    """
    rng = np.random.default_rng(5)
    likes = {f"user {number}": 1 + 30 * (number % 2) for number in range(users)}  # the first film of the user's group
    with made_service(folder, experiment="model: base, 0001") as made:
        admin = made.headers("admin")
        events = [
            {"user": user, "item": str(first + int(film)), "rating": 5}
            for user, first in likes.items()
            for film in rng.choice(range(20, 30), 2, replace=False)
        ]
        assert made.client.post("/v1/events", json={"events": events}, headers=admin).json()["refused"] == 0
        asked = {"users": list(likes), "n": 3}
        lists = made.client.post("/v1/lists", json=asked, headers=admin).json()["lists"]
        shown = [(one, int(one["items"][0]["item"]) - likes[one["user"]]) for one in lists]
        chosen = [one for one, place in shown if rng.random() < rates[not 0 <= place < 30]]
        rows = [{"list_id": one["list_id"], "item": one["items"][0]["item"], "kind": "chosen"} for one in chosen]
        assert made.client.post("/v1/outcomes", json={"outcomes": rows}).json()["refused"] == 0
        overview: dict = made.client.get("/v1/overview", headers=admin).json()
    return overview["experiment"]


def test_a_better_version_is_found_over_http_and_an_equal_one_is_not(tmp_path: Path) -> None:
    """The second version knows nothing of what the two groups like; then it is the first one again."""
    versions = VersionStore(tmp_path / "model")
    made_model().save(versions.base)
    made_model(taste=0.0).save(versions.folder(versions.claim()))
    found = run_of_users(tmp_path / "model", (0.6, 0.2))
    assert found["conclusion"] == "base is better than 0001."
    assert [(one["arm"], one["lists"]) for one in found["arms"]] == [
        (name, one["users"]) for name, one in zip(("0001", "base"), found["arms"], strict=True)
    ]
    assert sum(one["users"] for one in found["arms"]) == 600
    same = VersionStore(tmp_path / "same")
    for folder in (same.base, same.folder(same.claim())):
        made_model().save(folder)
    assert run_of_users(tmp_path / "same", (0.6, 0.2))["conclusion"] == "No difference can be seen."


def test_lists_that_are_not_recorded_have_no_id(made: Value) -> None:
    path = "/v1/users/1/recommendations"
    assert made.client.get(path, headers=made.headers("read")).json()["list_id"] is None


def test_arms_are_served_by_their_version_and_follow_items(tmp_path: Path) -> None:
    versions = VersionStore(tmp_path / "model")
    made_model().save(versions.base)
    made_model(shift=-0.5).save(versions.folder(versions.claim()))
    with made_service(tmp_path / "model", experiment="model: base, 0001") as made:
        experiment = made.service.recorder.experiment
        assert experiment is not None
        seen = set()
        made.client.patch("/v1/items/5", json={"hidden": True}, headers=made.headers("write"))
        for user in map(str, range(1, 9)):
            answer = made.client.get(f"/v1/users/{user}/recommendations?n=60", headers=made.headers("read")).json()
            assert answer["model_version"] == experiment.arm(user).name
            assert "5" not in [line["item"] for line in answer["items"]]
            seen.add(answer["model_version"])
        assert seen == {"base", "0001"}


def test_exploration_is_stored_with_its_probabilities(tmp_path: Path) -> None:
    with made_service(tmp_path / "model", explore_share=0.5) as made:
        for _ in range(4):
            for user in range(1, 25):
                made.client.get(f"/v1/users/{user}/recommendations?n=4", headers=made.headers("read"))
        made.service.recorder.flush()
        lists = list(made.service.lists.lists())
    assert 0.3 < sum(one.explored for one in lists) / len(lists) < 0.7
    for one in lists:
        assert len(one.items) == 4
        for item in one.items:
            assert (item.probability, item.random) == ((0.75 if item.greedy else 0.25), 0.5)
        assert one.explored or all(item.greedy for item in one.items)


def test_what_lists_without_exploration_would_do_is_estimated_right() -> None:
    """Items 0 to 4 are the best; users choose a best one of a list more often. The truth is known."""
    rng, share = np.random.default_rng(1), 0.4
    rates = np.array([0.2] * 5 + [0.04] * 5)
    lists, outcomes = [], {}
    for number in range(4000):
        explored = bool(rng.random() < share)
        places = rng.permutation(10)[:5] if explored else np.arange(5)
        items = [GivenItem(str(p), share * 0.5 + (1 - share) * (p < 5), bool(p < 5), 0.5) for p in places.tolist()]
        lists.append(GivenList(str(number), str(number), "", "", "base", "known", explored, items, 0))
        outcomes[str(number)] = [str(p) for p in places.tolist() if rng.random() < rates[p]]
    found = online_report(lists, outcomes, "chosen")
    assert found.greedy is not None and found.random is not None
    assert found.greedy.low < 5 * 0.2 < found.greedy.high
    assert found.random.low < 5 * 0.12 < found.random.high
    assert found.greedy.high - found.greedy.low < 0.15


def test_an_arm_of_a_version_that_there_is_not_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="no version '0007'"), made_service(
        tmp_path / "model", experiment="model: base, 0007"
    ):  # fmt: skip
        pass
