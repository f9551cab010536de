"""Bringing a database's tables up to date, safely when several servers start at once."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import text

from penchant.foundations.errors import CallerError
from penchant.service.storage.database import Database

_LOCK = 5_047_311
"""Any number that only Penchant's migrations use as a PostgreSQL advisory lock."""

_PATIENCE = 600.0
"""Seconds that a server waits at start while another one migrates; steps on large tables take minutes."""

_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps the migration under way in its modules, so two threads of a process must not migrate at once."""


def upgrade(database: Database, to: str = "head") -> None:
    """Run the steps the database has not seen. to: the last of them, for tests.

    Raises CallerError for a database of a newer Penchant.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    steps = Config()
    steps.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with _ONE_AT_A_TIME, database.write_patiently(_PATIENCE) as connection:
            if not database.is_sqlite:  # SQLite's BEGIN IMMEDIATE has already made the others wait
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            steps.attributes["connection"] = connection
            command.upgrade(steps, to)
    except CommandError as newer:
        raise CallerError(
            f"the database's tables are not ones this version knows ({newer})", remedy="Upgrade Penchant"
        ) from newer
