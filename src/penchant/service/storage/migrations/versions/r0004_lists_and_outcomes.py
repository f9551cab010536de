"""Lists that were given, and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lists",
        sa.Column("list_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(200), nullable=False),
        sa.Column("experiment", sa.String(50), nullable=False),
        sa.Column("arm", sa.String(50), nullable=False),
        sa.Column("version", sa.String(50), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("explored", sa.Boolean(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", name="pk_lists"),
    )
    op.create_index("ix_lists_listed_at", "lists", ["listed_at"])
    op.create_index("ix_lists_user_id", "lists", ["user_id"])
    op.create_table(
        "outcomes",
        sa.Column("list_id", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "item_id", "kind", name="pk_outcomes"),
    )


def downgrade() -> None:
    op.drop_table("outcomes")
    op.drop_table("lists")
