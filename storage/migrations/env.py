"""What Alembic runs: migrations on the connection, and in the transaction, that it is handed."""

from __future__ import annotations

from alembic import context

from storage.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
