"""A database by URL: a bounded pool, short transactions, and one kind of error when it cannot answer."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from penchant.foundations.errors import CallerError, PenchantError


class StorageUnavailableError(PenchantError):
    """The database does not answer just now; nothing that was acknowledged is lost."""

    code = "P320"


class StorageFullError(PenchantError):
    """The database has no room left; the write was not done, and everything acknowledged before it stands."""

    code = "P330"


class Database:
    """An engine with two ways in: `read` and `write`, each one transaction.

    url: a SQLAlchemy URL of SQLite or PostgreSQL. pool: most connections. wait: seconds to wait for one.
    SQLite runs in WAL mode with synchronous=FULL, and its writers queue here rather than collide in the file.
    """

    def __init__(self, url: str, *, pool: int, wait: float) -> None:
        self.engine = _engine(url, pool, wait)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writers: Any = threading.Lock() if self.is_sqlite else nullcontext()
        self._writing = self.engine.execution_options(penchant_writes=True)

    @property
    def dialect(self) -> Any:
        """SQLAlchemy's module of this kind of database, whose `insert` knows conflicts."""
        return sqlite if self.is_sqlite else postgresql

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one consistent state."""
        with _translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection whose changes are on the disk when the block has ended without an exception."""
        with self._writers, _translated(), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def write_patiently(self, seconds: float) -> Iterator[Connection]:
        """`write` for work at start: other servers may hold it up, and run itself, for longer than a request waits."""
        with self._writers, _translated(), self._writing.connect() as connection:
            if self.is_sqlite:
                connection.detach()  # closed at the end, so its longer wait does not go back to the pool
                _wait_for_others(connection, seconds)
            with connection.begin():
                if not self.is_sqlite:
                    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {round(seconds * 1000)}")
                yield connection

    def close(self) -> None:
        self.engine.dispose()


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _engine(url: str, pool: int, wait: float) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as broken:
        raise CallerError(
            "the database's URL cannot be read", remedy="Write sqlite:///file or postgresql://…"
        ) from broken
    shared: dict[str, Any] = {"pool_size": pool, "max_overflow": 0, "pool_timeout": wait}
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, wait, shared)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed, wait, shared)
    raise CallerError(
        f"{parsed.get_backend_name()!r} is not a database this service knows", remedy="Use SQLite or PostgreSQL"
    )


def _sqlite(url: Any, wait: float, shared: dict[str, Any]) -> Engine:
    if not url.database or url.database == ":memory:":
        raise CallerError("a database in memory would lose every rating", remedy="Give a file: sqlite:///ratings.db")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    options = {"timeout": wait, "check_same_thread": False, "isolation_level": None}
    engine = create_engine(url, poolclass=QueuePool, connect_args=options, **shared)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: Any) -> None:
        _use_wal(connection, wait)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for another writer; it must claim its turn now.
        writes = connection.get_execution_options().get("penchant_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection, wait: float) -> None:
    """Switch the file to WAL mode.

    SQLite does not wait for a writer here, as it does elsewhere: while another process creates the tables of a new
    file it answers "locked" at once. So the waiting is done here.
    """
    last = time.monotonic() + wait
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as failed:
            if failed.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= last:
                raise
            time.sleep(0.01)
        else:
            return


def _wait_for_others(connection: Connection, seconds: float) -> None:
    driver: Any = connection.connection.dbapi_connection
    driver.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}").close()


def _postgresql(url: Any, wait: float, shared: dict[str, Any]) -> Engine:
    url = url.set(drivername="postgresql+psycopg")
    options = {"connect_timeout": max(2, round(wait)), "options": f"-c statement_timeout={round(wait * 1000)}"}
    try:
        return create_engine(url, pool_pre_ping=True, connect_args=options, **shared)
    except (ImportError, NoSuchModuleError) as missing:
        raise CallerError(
            "PostgreSQL needs psycopg", remedy="Install it with: pip install 'penchant[serve]'"
        ) from missing


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeoutError as busy:
        raise StorageUnavailableError("every database connection is in use") from busy
    except DBAPIError as failed:
        if _is_full(failed):
            raise StorageFullError("the database has no room left") from failed
        raise StorageUnavailableError("the database does not answer") from failed


def _is_full(failed: DBAPIError) -> bool:
    name = getattr(failed.orig, "sqlite_errorname", "")
    return name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE") or getattr(failed.orig, "sqlstate", "") == "53100"
