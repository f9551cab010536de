"""Further devices of a visitor: a one-time code takes a visitor's ratings to another browser."""

from __future__ import annotations

import secrets

from sqlalchemy import ColumnElement, and_, delete, insert, select

from penchant.service.storage.database import Database, now
from penchant.service.storage.schema import DEVICE_CODES, DEVICES
from penchant.service.storage.visitors import fingerprint

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without the signs that look like others: I, L, O, 0, 1."""
_LENGTH = 8
VALID_MINUTES = 10
"""How long a code is valid."""


class DeviceStore:
    """The tables of devices and of their codes. Codes and tokens are kept as hashes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def new_code(self, user_id: str) -> str:
        """A code that opens the user's ratings once; it replaces an earlier code of the user."""
        code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        row = {
            "user_id": user_id, "code_hash": fingerprint(code), "expires_at": now() + VALID_MINUTES * 60_000,
        }  # fmt: skip
        with self._database.write() as connection:
            connection.execute(delete(DEVICE_CODES).where(DEVICE_CODES.c.user_id == user_id))
            connection.execute(insert(DEVICE_CODES), row)
        return f"{code[:4]}-{code[4:]}"

    def redeem(self, code: str) -> tuple[str, str] | None:
        """The user of a code and a new token for them, or None for a code that is not valid. The code is used up."""
        with self._database.write() as connection:
            user_id = connection.scalar(select(DEVICE_CODES.c.user_id).where(_valid(code)))
            if user_id is None:
                return None
            connection.execute(delete(DEVICE_CODES).where(DEVICE_CODES.c.user_id == user_id))
            token = secrets.token_urlsafe(32)
            row = {"token_hash": fingerprint(token), "user_id": user_id, "created_at": now()}
            connection.execute(insert(DEVICES), row)
        return user_id, token


def _valid(code: str) -> ColumnElement[bool]:
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return and_(DEVICE_CODES.c.code_hash == fingerprint(plain), DEVICE_CODES.c.expires_at > now())
