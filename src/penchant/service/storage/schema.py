"""The tables. The migrations build them; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData(naming_convention={"pk": "pk_%(table_name)s"})
ID_LENGTH = 200
"""The longest user or item id, in characters."""

RATINGS = Table(
    "ratings",
    METADATA,
    Column("user_id", String(ID_LENGTH), primary_key=True),
    Column("item_id", String(ID_LENGTH), primary_key=True),
    Column("value", Double, nullable=True),  # NULL: a training rating that its user has taken back
    Column("rated_at", BigInteger, nullable=False),  # milliseconds since 1970
)
VISITORS = Table(
    "visitors",
    METADATA,
    Column("user_id", String(ID_LENGTH), primary_key=True),
    Column("token_hash", LargeBinary(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_visitors_token_hash", "token_hash", unique=True),
)
KEYS = Table(
    "keys",
    METADATA,
    Column("key_id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("scope", String(10), nullable=False),
    Column("secret_hash", LargeBinary(32), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=True),
)
ITEMS = Table(
    "item_entries",
    METADATA,
    Column("item_id", String(ID_LENGTH), primary_key=True),
    Column("title", Text, nullable=True),  # NULL: that of the model
    Column("features", Text, nullable=True),  # JSON; NULL: those of the model
    Column("hidden", Boolean, nullable=False),
    Column("available_until", BigInteger, nullable=True),  # milliseconds since 1970
    Column("deleted", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),  # rises with every change of any item
    Index("ix_item_entries_revision", "revision"),
)
EVENTS = Table(
    "events",
    METADATA,
    Column("user_id", String(ID_LENGTH), primary_key=True),
    Column("item_id", String(ID_LENGTH), primary_key=True),
    Column("kind", String(50), primary_key=True),
    Column("count", Double, nullable=False),
    Column("last_at", BigInteger, nullable=False),  # milliseconds since 1970
)
RECEIPTS = Table(
    "receipts",
    METADATA,
    Column("receipt_id", String(300), primary_key=True),  # whose, and the idempotency key
    Column("body_hash", LargeBinary(32), nullable=False),
    Column("outcome", Text, nullable=False),  # JSON
    Column("received_at", BigInteger, nullable=False),
    Index("ix_receipts_received_at", "received_at"),
)
LISTS = Table(
    "lists",
    METADATA,
    Column("list_id", String(32), primary_key=True),
    Column("user_id", String(ID_LENGTH), nullable=False),
    Column("experiment", String(50), nullable=False),  # empty: none
    Column("arm", String(50), nullable=False),
    Column("version", String(50), nullable=False),
    Column("source", String(20), nullable=False),
    Column("explored", Boolean, nullable=False),  # whether its items were drawn at random
    Column("items", Text, nullable=False),  # JSON: the fields of GivenItem
    Column("listed_at", BigInteger, nullable=False),
    Index("ix_lists_listed_at", "listed_at"),
    Index("ix_lists_user_id", "user_id"),
)
OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("list_id", String(32), primary_key=True),
    Column("item_id", String(ID_LENGTH), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("value", Double, nullable=True),
    Column("at", BigInteger, nullable=False),
)
ERASED = Table(
    "erased",
    METADATA,
    Column("user_id", String(ID_LENGTH), primary_key=True),
    Column("erased_at", BigInteger, nullable=False),
)
MARKS = Table(
    "marks",
    METADATA,
    Column("user_id", String(ID_LENGTH), primary_key=True),
    Column("item_id", String(ID_LENGTH), primary_key=True),
    Column("mark", String(10), nullable=False),
    Column("marked_at", BigInteger, nullable=False),
)
DEVICES = Table(
    "devices",
    METADATA,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", String(ID_LENGTH), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_devices_user_id", "user_id"),
)
DEVICE_CODES = Table(
    "device_codes",
    METADATA,
    Column("user_id", String(ID_LENGTH), primary_key=True),
    Column("code_hash", LargeBinary(32), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_device_codes_code_hash", "code_hash", unique=True),
)
