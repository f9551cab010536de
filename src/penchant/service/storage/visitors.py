"""Visitors: people without a name, each known by a token that only they hold."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import insert, select

from penchant.service.storage.database import Database, now
from penchant.service.storage.schema import DEVICES, VISITORS

PREFIX = "visitor-"
"""How a visitor's user id starts; no list of such a user is ever readable without their token or a key."""


@dataclass(frozen=True)
class NewVisitor:
    """user_id: who they are from now on. token: shown once, kept only as a hash."""

    user_id: str
    token: str


def fingerprint(secret: str) -> bytes:
    """SHA-256 of a secret of 256 random bits; a slow hash would add nothing to what cannot be guessed."""
    return hashlib.sha256(secret.encode()).digest()


class VisitorStore:
    """The visitors table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> NewVisitor:
        visitor = NewVisitor(PREFIX + secrets.token_hex(12), secrets.token_urlsafe(32))
        row = {"user_id": visitor.user_id, "token_hash": fingerprint(visitor.token), "created_at": now()}
        with self._database.write() as connection:
            connection.execute(insert(VISITORS), row)
        return visitor

    def user_id(self, token: str) -> str | None:
        """Whose token it is, or None. The look-up is by hash, so its timing says nothing about any token."""
        hashed = fingerprint(token)
        first = select(VISITORS.c.user_id).where(VISITORS.c.token_hash == hashed)
        wanted = first.union_all(select(DEVICES.c.user_id).where(DEVICES.c.token_hash == hashed))
        with self._database.read() as connection:
            found: str | None = connection.scalar(wanted)
            return found
