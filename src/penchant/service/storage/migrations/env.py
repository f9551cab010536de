"""Alembic runs this file; the open connection is handed in by `migrating.upgrade`."""

from alembic import context

from penchant.service.storage.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
