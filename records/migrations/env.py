"""Alembic's entry: runs the migrations on the connection that ``records.database`` hands over."""

from alembic import context

from records.budget import tables as _money  # noqa: F401 - adds its tables to the metadata
from records.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
