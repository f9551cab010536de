"""The tables. The migrations build them; a test holds the two together."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, LargeBinary, MetaData, String, Table, Text

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
    "items",
    METADATA,
    Column("item_id", String(ID_LENGTH), primary_key=True),
    Column("title", Text, nullable=False),
    Column("features", Text, nullable=False),  # JSON
    Column("added_at", BigInteger, nullable=False),
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
