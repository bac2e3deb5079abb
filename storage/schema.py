"""The database's schema: is it the one that this code needs, and making it so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, func, select

from sorter.errors import SorterBotError
from storage.engine import CONNECT_TIMEOUT_S, database_url, our_errors

_LOCK = 7_305_419_113_227
"""Any number, as long as nobody else takes the same advisory lock in this database."""


class SchemaError(SorterBotError):
    """The database's schema is not the one that this code needs."""


def check_schema(url: str) -> None:
    """Make sure that the database has exactly the schema that this code needs.

    Raises:
        SchemaError: It is empty, older or newer; the text names the command that helps.
        TransientError: The database did not answer.
    """
    scripts = ScriptDirectory.from_config(_config())
    with our_errors(), _engine(url).connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    complaint = schema_complaint(found, _revisions(scripts))
    if complaint is not None:
        raise SchemaError(complaint)


def schema_complaint(found: str | None, known: Sequence[str]) -> str | None:
    """Say what is wrong with a schema and which command helps; None where nothing is.

    Args:
        found: The database's revision; None for a database without tables.
        known: The revisions that this code knows, newest first.
    """
    if found == known[0]:
        return None
    if found is None:
        return "the database has no tables yet: run `sorterbot migrate`"
    if found in known:
        return f"the database's schema {found} is older than {known[0]}: run `sorterbot migrate`"
    return (
        f"the database's schema {found} is newer than this code, which knows {known[0]}:"
        " update the code, then run `sorterbot migrate`"
    )


def migrate(url: str) -> None:
    """Bring the database's schema to the newest, all of it or nothing.

    Any number of processes may call this at once; they wait for one another.

    Raises:
        SchemaError: The schema is newer than this code.
        TransientError: The database did not answer.
    """
    config = _config()
    with our_errors(), _engine(url).begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        _refuse_newer(connection, _revisions(ScriptDirectory.from_config(config)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _refuse_newer(connection: Connection, known: Sequence[str]) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise SchemaError(str(schema_complaint(found, known)))


def _revisions(scripts: ScriptDirectory) -> list[str]:
    return [script.revision for script in scripts.walk_revisions()]


def _engine(url: str) -> Engine:
    """Return an engine without a time limit on statements: a migration may take long."""
    return create_engine(
        database_url(url),
        poolclass=NullPool,
        connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "sorterbot"},
    )


def _config() -> Config:
    """Return Alembic's settings, which need no file and hold for any working directory."""
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
