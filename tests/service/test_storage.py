"""Both databases hold the same promises."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from penchant.foundations.errors import CallerError
from penchant.service.settings import ServiceSettings
from penchant.service.storage.database import Database, StorageUnavailableError, now
from penchant.service.storage.device_codes import DeviceStore
from penchant.service.storage.items import ItemEntry, ItemStore
from penchant.service.storage.keys import KeyStore, matching
from penchant.service.storage.marks import MarkStore
from penchant.service.storage.migrating import upgrade
from penchant.service.storage.ratings import RatingStore, TooManyRatingsError
from penchant.service.storage.schema import METADATA
from penchant.service.storage.visitors import VisitorStore
from waiting import PATIENCE


@pytest.fixture
def opened(database: str) -> Iterator[Database]:
    found = Database(database, pool=4, wait=PATIENCE)
    upgrade(found)
    yield found
    found.close()


def held(store: RatingStore) -> tuple[list[tuple[str, str, float | None]], set[str]]:
    """Every stored row without its time, read one row a page, and the erased users."""
    return [row[:3] for page in store.pages(size=1) for row in page], store.erased()


def test_migrations_build_the_tables_that_the_code_expects(opened: Database) -> None:
    with opened.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    upgrade(opened)  # nothing left to do


def test_servers_that_start_at_once_migrate_once(database: str) -> None:
    failed: list[Exception] = []

    def start() -> None:
        mine = Database(database, pool=1, wait=PATIENCE)
        try:
            upgrade(mine)
        except Exception as error:
            failed.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_a_server_waits_for_the_migration_of_another_longer_than_a_request_waits(tmp_path: Path) -> None:
    path, failed = tmp_path / "ratings.db", []

    def start() -> None:
        mine = Database(f"sqlite:///{path}", pool=1, wait=0.05)
        try:
            upgrade(mine)
        except Exception as error:
            failed.append(error)
        finally:
            mine.close()

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        starting = threading.Thread(target=start)
        starting.start()
        starting.join(0.5)
        assert starting.is_alive()
        other.execute("COMMIT")
        starting.join()
    assert failed == []


def test_a_new_file_that_another_server_is_writing_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "ratings.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")  # not in WAL mode yet, as while the first server creates its tables
        done = threading.Timer(0.3, other.execute, ["COMMIT"])
        done.start()
        mine = Database(f"sqlite:///{path}", pool=1, wait=PATIENCE)
        with mine.read() as connection:
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        mine.close()
        done.join()


def test_a_database_of_a_newer_penchant_is_refused(opened: Database) -> None:
    with opened.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CallerError, match="Upgrade Penchant"):
        upgrade(opened)


def test_ratings_are_put_listed_taken_back_and_erased(opened: Database) -> None:
    store = RatingStore(opened, most=3)
    store.put("ann", {"1": 4.0, "2": 3.0})
    store.put("ann", {"1": 5.0})
    assert store.of("ann") == ({"2": 3.0, "1": 5.0}, False)
    with pytest.raises(TooManyRatingsError):
        store.put("ann", {"3": 1.0, "4": 1.0})
    assert store.of("ann") == ({"2": 3.0, "1": 5.0}, False)
    store.put("ann", {"2": None})
    store.remove("ann", "1")
    store.remove("ann", "never rated")
    assert store.of("ann") == ({"2": None}, False)
    store.put("bob", {"1": 2.0})
    assert held(store) == ([("ann", "2", None), ("bob", "1", 2.0)], set())
    for _ in range(2):
        store.erase("ann")
    assert store.of("ann") == ({}, True)
    assert held(store) == ([("bob", "1", 2.0)], {"ann"})


def test_many_writers_of_one_rating_leave_one(opened: Database) -> None:
    store = RatingStore(opened, most=10)
    threads = [threading.Thread(target=store.put, args=("ann", {"1": float(n)})) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found, _ = store.of("ann")
    assert list(found) == ["1"]


def test_ids_of_any_script_are_kept_as_they_are(opened: Database) -> None:
    store = RatingStore(opened, most=10)
    for user in ("Ærøskøbing", "名前", "' OR 1=1; --", "a/b", "  "):
        store.put(user, {user: 1.0})
        assert store.of(user) == ({user: 1.0}, False)


def test_a_token_gives_access_to_its_visitor_only(opened: Database) -> None:
    visitors = VisitorStore(opened)
    ann, bob = visitors.create(), visitors.create()
    assert visitors.user_id(ann.token) == ann.user_id != bob.user_id
    assert visitors.user_id(ann.user_id) is None
    assert visitors.user_id("") is None
    assert len(ann.token) >= 43  # 256 bits


def test_keys_match_whole_or_not_at_all(opened: Database) -> None:
    store = KeyStore(opened)
    key = store.create("bench", "write")
    keys = store.in_use()
    found = matching(keys, key)
    assert found is not None
    assert (found.name, found.allows("read"), found.allows("write"), found.allows("admin")) == (
        "bench", True, True, False,
    )  # fmt: skip
    for wrong in (key[:-1], key + "x", key.replace("pk_", "pk_0"), "pk_", "", key.rpartition("_")[0]):
        assert matching(keys, wrong) is None
    store.revoke(found.key_id)
    assert matching(store.in_use(), key) is None
    with pytest.raises(CallerError, match="no key"):
        store.revoke(found.key_id)
    with pytest.raises(CallerError, match="Choose one of"):
        store.create("x", "everything")


def test_changes_of_items_are_followed_by_their_revision(opened: Database) -> None:
    store = ItemStore(opened)
    nine = ItemEntry("9", "Nine", {"genres": ["A", "B"]}, available_until=5)
    store.change(["9"], lambda found: [] if found else [nine])
    assert store.since(0) == ([nine], 1)
    assert store.since(1) == ([], 1)
    store.change(["9", "10"], lambda found: [replace(found["9"], hidden=True), ItemEntry("10", deleted=True)])
    assert store.since(1) == ([ItemEntry("10", deleted=True), replace(nine, hidden=True)], 2)
    with pytest.raises(ZeroDivisionError):
        store.change(["9"], lambda found: [ItemEntry("9")] if 1 // 0 else [])
    assert store.since(2) == ([], 2)


def test_items_added_before_they_could_be_changed_are_kept(database: str) -> None:
    old = Database(database, pool=4, wait=2)
    upgrade(old, to="0001")
    with old.write() as connection:
        connection.execute(text("INSERT INTO items VALUES ('b', 'Bee', '{}', 1), ('a', 'Ay', '{}', 2)"))
    upgrade(old)
    assert ItemStore(old).since(0) == ([ItemEntry("b", "Bee", {}), ItemEntry("a", "Ay", {})], 2)
    old.close()


def test_a_pool_that_is_used_up_says_so_in_time(database: str) -> None:
    small = Database(database, pool=1, wait=0.2)
    with small.read() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(StorageUnavailableError, match="in use"), small.read():
            pass
    small.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:"])
def test_urls_that_cannot_be_used_are_refused(url: str) -> None:
    with pytest.raises(CallerError):
        Database(url, pool=1, wait=1)


def test_a_mark_replaces_another_and_is_erased_with_the_user(opened: Database) -> None:
    marks = MarkStore(opened)
    marks.put("ann", "5", "saved")
    marks.put("ann", "6", "unseen")
    marks.put("ann", "5", "hidden")
    marks.put("bob", "5", "saved")
    assert marks.of("ann") == {"6": "unseen", "5": "hidden"}
    marks.remove("ann", "6")
    marks.remove("ann", "never")
    with pytest.raises(CallerError, match="no mark"):
        marks.put("ann", "5", "loved")  # type: ignore[arg-type]
    RatingStore(opened, most=9).erase("ann")
    assert (marks.of("ann"), marks.of("bob")) == ({}, {"5": "saved"})


def test_a_code_opens_a_user_once_and_only_the_latest(opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    visitors, devices = VisitorStore(opened), DeviceStore(opened)
    mine = visitors.create()
    old, code = devices.new_code(mine.user_id), devices.new_code(mine.user_id)
    assert devices.redeem(old) is None
    found = devices.redeem(f" {code.lower()} ")
    assert found is not None
    user, token = found
    assert user == mine.user_id == visitors.user_id(token) == visitors.user_id(mine.token)
    assert devices.redeem(code) is None
    late = devices.new_code(mine.user_id)
    monkeypatch.setattr("penchant.service.storage.device_codes.now", lambda: now() + 11 * 60_000)
    assert devices.redeem(late) is None
    RatingStore(opened, most=9).erase(user)
    assert visitors.user_id(token) is None
    assert visitors.user_id(mine.token) is None


def test_a_server_that_starts_waits_for_its_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from penchant.service import service

    tries: list[Database] = []

    def upgraded(database: Database) -> None:
        tries.append(database)
        if len(tries) < 3:
            raise StorageUnavailableError("away")

    monkeypatch.setattr(service, "upgrade", upgraded)
    monkeypatch.setattr(service.time, "sleep", lambda seconds: None)
    service.open_database(tmp_path / "model", ServiceSettings(), patience=60).close()
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(StorageUnavailableError):
        service.open_database(tmp_path / "model", ServiceSettings())
    assert len(tries) == 1
