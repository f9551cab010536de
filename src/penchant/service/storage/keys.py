"""Keys for programs: made once, shown once, kept as hashes, revocable."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import insert, select, update

from penchant.foundations.errors import CallerError
from penchant.service.storage.database import Database, now
from penchant.service.storage.schema import KEYS
from penchant.service.storage.visitors import fingerprint

Scope = Literal["read", "write", "admin"]
"""What a key may do; each includes those before it."""
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True)
class Key:
    """A key as it is kept."""

    key_id: str
    name: str
    scope: Scope
    secret_hash: bytes

    def allows(self, wanted: Scope) -> bool:
        return SCOPES.index(self.scope) >= SCOPES.index(wanted)


class KeyStore:
    """The keys table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, scope: str) -> str:
        """A new key's text, `pk_<id>_<secret>`; it cannot be shown again."""
        if scope not in SCOPES:
            raise CallerError(f"{scope!r} is not something a key can do", remedy=f"Choose one of: {', '.join(SCOPES)}")
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {"key_id": key_id, "name": name, "scope": scope, "secret_hash": fingerprint(secret), "created_at": now()}
        with self._database.write() as connection:
            connection.execute(insert(KEYS), row)
        return f"pk_{key_id}_{secret}"

    def revoke(self, key_id: str) -> None:
        """Refuse the key from now on. Raises CallerError when there is no such key."""
        change = update(KEYS).where((KEYS.c.key_id == key_id) & KEYS.c.revoked_at.is_(None)).values(revoked_at=now())
        with self._database.write() as connection:
            if not connection.execute(change).rowcount:
                raise CallerError(f"there is no key {key_id!r} in use", remedy="List them with: penchant keys list")

    def in_use(self) -> dict[str, Key]:
        """Every key that is not revoked, by its id."""
        wanted = select(KEYS.c.key_id, KEYS.c.name, KEYS.c.scope, KEYS.c.secret_hash).where(KEYS.c.revoked_at.is_(None))
        with self._database.read() as connection:
            return {row.key_id: Key(*row) for row in connection.execute(wanted.order_by(KEYS.c.created_at))}


def matching(keys: Mapping[str, Key], given: str) -> Key | None:
    """The key whose text was given, or None; the secret is compared in constant time, also for an unknown id."""
    _, key_id, secret = [*given.split("_", 2), "", ""][:3]
    key = keys.get(key_id)
    expected = key.secret_hash if key else bytes(32)
    return key if hmac.compare_digest(fingerprint(secret), expected) and key else None
