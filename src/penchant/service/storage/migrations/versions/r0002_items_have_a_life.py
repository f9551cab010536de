"""Items that are changed, hidden, deleted, or available for some time only."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_entries",
        sa.Column("item_id", sa.String(200), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("features", sa.Text(), nullable=True),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("available_until", sa.BigInteger(), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_item_entries"),
    )
    op.create_index("ix_item_entries_revision", "item_entries", ["revision"])
    op.execute(
        "INSERT INTO item_entries (item_id, title, features, hidden, available_until, deleted, revision) "
        "SELECT item_id, title, features, false, NULL, false, ROW_NUMBER() OVER (ORDER BY added_at, item_id) FROM items"
    )
    op.drop_table("items")


def downgrade() -> None:
    op.create_table(
        "items",
        sa.Column("item_id", sa.String(200), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("features", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_items"),
    )
    op.execute(
        "INSERT INTO items (item_id, title, features, added_at) SELECT item_id, title, features, revision "
        "FROM item_entries WHERE title IS NOT NULL AND features IS NOT NULL AND NOT deleted"
    )
    op.drop_table("item_entries")
