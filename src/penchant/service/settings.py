"""Every setting of the service, with its limits; command-line flags are derived from it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from penchant.foundations.errors import SettingsError
from penchant.foundations.settings import Settings, setting

_KIND, _WEIGHT = re.compile("[a-z][a-z0-9_-]{0,49}"), re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class ServiceSettings(Settings):
    """How the service listens, stores, limits and switches."""

    host: str = setting("127.0.0.1", "address to listen on; a public one needs at least one key")
    port: int = setting(8000, "port to listen on; 0 picks a free one", low=0, high=65535)
    database: str = setting("", "SQLAlchemy URL; empty means an SQLite file beside the model")
    links: str = setting("", "CSV file with movieId, imdbId and tmdbId; empty: MovieLens's own for its films")
    open_reads: bool = setting(True, "whether the catalogue and lists of training users are readable without a key")
    allowed_hosts: tuple[str, ...] = setting((), "names accepted in the Host header; empty means the listening address")
    cors_origins: tuple[str, ...] = setting((), "origins whose pages may call the API from a browser; * for all")
    root_path: str = setting("", "path under which a proxy puts the service, like /films")
    access_log: bool = setting(False, "whether each request is a line of JSON on the standard error")
    workers: int = setting(1, "processes that serve the one port", low=1, high=64)
    trusted_proxies: str = setting("", "addresses whose X-Forwarded-For is believed, separated by commas")

    max_n: int = setting(100, "longest list that a request may ask for", low=1, high=10_000)
    max_body_bytes: int = setting(262_144, "largest request body", low=1024)
    max_import_bytes: int = setting(4_194_304, "largest file of ratings that the page takes in", low=1024)
    max_ratings_per_request: int = setting(2000, "most ratings in one body", low=1)
    max_ratings_per_user: int = setting(5000, "most ratings kept for one user", low=1)
    max_events_per_request: int = setting(5000, "most events in one request", low=1)
    max_bulk_bytes: int = setting(4_194_304, "largest body of a request in bulk, which needs a key", low=1024)
    event_kinds: tuple[str, ...] = setting(
        ("choice=1",), "kinds of events and what one weighs, as NAME=WEIGHT; 1 is a choice"
    )
    record_lists: bool = setting(False, "whether lists of users get an id and are kept, for reports of outcomes")
    record_days: int = setting(90, "days for which lists and their outcomes are kept", low=1, high=3650)
    experiment: str = setting("", "users split over two orders or versions, as NAME: ARM, ARM; lists are then recorded")
    explore_share: float = setting(0.0, "share of recorded lists that are drawn at random from the best", low=0, high=1)
    max_added_items: int = setting(10_000, "most items added between two trainings", low=1)
    max_connections: int = setting(512, "most connections at a time; further ones are answered 503", low=1)
    address_connections: int = setting(64, "most connections from one address that is no trusted proxy", low=1)
    max_work: int = setting(1000, "most work for one request, in millions of multiplications", low=1)
    answer_seconds: float = setting(10.0, "how long a request is worked on before it is answered 503", above=0)
    write_seconds: float = setting(10.0, "how long a client may take to read what was sent to it", above=0)
    header_seconds: float = setting(10.0, "how long a client may take to send its request's head", above=0)
    body_seconds: float = setting(10.0, "how long a client may take to send its request's body", above=0)

    address_rate: float = setting(30.0, "requests a second from one address without a key, sustained", above=0)
    address_burst: int = setting(300, "requests from one address without a key, at once", low=1)
    key_rate: float = setting(500.0, "requests a second with one key, sustained", above=0)
    key_burst: int = setting(1000, "requests with one key, at once", low=1)
    visitors_per_hour: int = setting(60, "new visitors from one address in an hour", low=1)

    threads: int = setting(8, "requests worked on at a time; the database pool is as large", low=1, high=200)
    start_seconds: float = setting(60.0, "how long a starting server waits for its database", low=0)
    wait_seconds: float = setting(2.0, "how long a request waits for the database before it is answered 503", above=0)
    cached_megabytes: int = setting(64, "memory for users folded in lately", low=1)
    watch_seconds: float = setting(1.0, "how often new model versions, items and keys are looked for", above=0)
    drain_seconds: int = setting(20, "how long a stopping server waits for requests in flight", low=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.root_path and not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", self.root_path):
            raise SettingsError(f"{self.root_path!r} is not a path", where="root_path", remedy="Write it like /films")

    @property
    def event_weights(self) -> dict[str, float]:
        """What an event of each kind weighs. Raises SettingsError for a kind that is not written as NAME=WEIGHT."""
        found: dict[str, float] = {}
        for one in self.event_kinds:
            name, _, weight = one.partition("=")
            if not _KIND.fullmatch(name) or name == "rating" or not _WEIGHT.fullmatch(weight):
                raise SettingsError(
                    f"{one!r} is no kind of event with its weight",
                    where="event_kinds",
                    remedy="Write it like purchase=1 or view=0.1; rating is a kind of its own",
                )
            found[name] = float(weight)
        return found

    @property
    def is_public(self) -> bool:
        """Whether the service can be reached from other machines."""
        if self.host == "localhost":
            return False
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return True

    @property
    def hosts(self) -> tuple[str, ...]:
        """The Host names accepted; a loopback server answers to loopback names alone, so that no web page can
        reach it under a name of its own (DNS rebinding)."""
        if self.allowed_hosts:
            return self.allowed_hosts
        return ("*",) if self.is_public else ("127.0.0.1", "localhost", "[::1]")
