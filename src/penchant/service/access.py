"""Who may do what. Keys are for programs, tokens for visitors; without either, only open routes answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from penchant.service.problems import RefusalError
from penchant.service.storage.keys import Key, KeyStore, Scope, matching
from penchant.service.storage.visitors import PREFIX, VisitorStore

COOKIE = "penchant_visitor"
ME = "me"
"""The user id by which a visitor with a token names themselves."""


@dataclass(frozen=True)
class Credentials:
    """What a request brings. address: where from. key: a key in use. token: a visitor's.

    wrong: whether it brought a key or a token that is not in use. bearer: whether the token came in the Authorization
    header, not in a cookie. visitor: whose token it is, once it is looked up.
    """

    address: str
    key: Key | None = None
    token: str | None = None
    wrong: bool = False
    bearer: bool = False
    visitor: str | None = None


@dataclass(frozen=True)
class Reader:
    """Whose list may be read, by the one spelling of their id. owns: whether their stored ratings may be read too."""

    user_id: str
    owns: bool


class KeyRing:
    """The keys in use, in memory; read again and again by the watcher."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self._keys = store.in_use()

    def __len__(self) -> int:
        return len(self._keys)

    def refresh(self) -> None:
        self._keys = self._store.in_use()

    def key(self, given: str) -> Key | None:
        """The key with that text, or None."""
        return matching(self._keys, given)


class Access:
    """Decides, and refuses with 401 or 403.

    spelled: gives the one spelling of a user id, under which everything about the user is kept.
    """

    def __init__(
        self, keys: KeyRing, visitors: VisitorStore, spelled: Callable[[str], str], *, open_reads: bool
    ) -> None:
        self.keys, self._visitors, self._spelled, self._open_reads = keys, visitors, spelled, open_reads

    def catalogue(self, who: Credentials) -> None:
        """May they read items and the model, and ask about ratings in the request?"""
        if who.key is None and (who.bearer or not self._open_reads) and self.user_state_of(who) is None:
            raise unauthorized(sent=who.bearer)

    def reader(self, who: Credentials, user_id: str) -> Reader:
        """May they read the user's lists? A visitor their own, a key all, others those of training users."""
        if (mine := self._themselves(who, user_id)) is not None:
            return Reader(mine, owns=True)
        spelled = self._spelled(user_id)
        if who.key is None and (not self._open_reads or spelled.startswith(PREFIX)):
            raise unauthorized()
        return Reader(spelled, owns=who.key is not None)

    def owner(self, who: Credentials, user_id: str, scope: Scope) -> str:
        """The user whose ratings they may see (scope "read") or change ("write")."""
        if (mine := self._themselves(who, user_id)) is not None:
            return mine
        self.key(who, scope)
        return self._spelled(user_id)

    def key(self, who: Credentials, scope: Scope) -> None:
        """Do they hold a key that allows this?"""
        if who.key is None:
            raise unauthorized()
        if not who.key.allows(scope):
            raise RefusalError(403, f"this key may {who.key.scope}, but this needs one that may {scope}")

    def user_state_of(self, who: Credentials) -> str | None:
        """The visitor whose token they hold, or None."""
        return None if who.token is None else who.visitor or self._visitors.user_id(who.token)

    def _themselves(self, who: Credentials, user_id: str) -> str | None:
        if who.key is not None:
            return None
        if who.token is None:
            if user_id == ME:
                raise unauthorized()
            return None
        mine = self.user_state_of(who)
        if mine is None:
            raise unauthorized(sent=True)
        if user_id != ME and self._spelled(user_id) != mine:
            if self._spelled(user_id).startswith(PREFIX):
                raise RefusalError(403, "a visitor's token opens that visitor's own ratings alone")
            return None
        return mine


def unauthorized(*, sent: bool = False) -> RefusalError:
    """401, with how to authenticate. sent: whether a key or a token was sent, which is not in use then."""
    return RefusalError(
        401,
        "the key or token that was sent is not in use. Send another one"
        if sent
        else "this needs a key or a visitor's token. Send it as: Authorization: Bearer <key or token>",
        headers={"WWW-Authenticate": "Bearer"},
    )


def credentials(request: Request, ring: KeyRing) -> Credentials:
    """What the request's headers bring. A cookie counts as a token only where a browser could not be tricked into
    sending it: reads, and writes that our own pages make."""
    address = request.client.host if request.client else "unknown"
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        if not given.startswith("pk_"):
            return Credentials(address, token=given, bearer=True)
        key = ring.key(given)
        return Credentials(address, key=key, wrong=key is None)
    token = request.cookies.get(COOKIE)
    return Credentials(address, token=token if token and from_our_pages(request) else None)


def from_our_pages(request: Request) -> bool:
    """Whether a browser vouches that no other site made it send this."""
    if request.method in ("GET", "HEAD"):
        return True
    origin = request.headers.get("origin")
    if origin is not None:
        return origin.partition("://")[2] == request.headers.get("host")
    return request.headers.get("sec-fetch-site") in ("same-origin", "none")
