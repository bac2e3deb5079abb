"""A PostgreSQL database that lives in virtual time and gives its turn away at each statement.

The store's own SQL runs in it unchanged. Its two clocks are found, by the search path, in a
schema that stands before PostgreSQL's own and reads the time that comes with each statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from psycopg2.extensions import cursor
from sqlalchemy import event, text

from cli.services.postgres import PostgresServer
from storage.engine import make_engine
from storage.models import Base
from storage.schema import migrate
from storage.sql_store import SqlStore

SCHEMA = "virtual"
BEGAN_AT = datetime(2026, 1, 1, tzinfo=UTC)
LOCK_TIMEOUT_MS = 3
"""A lock that is not free at once is held by an actor who waits for his turn: nobody who waits
for it on would ever get it. The wait ends as the product's own limit of five seconds ends it."""

_CLOCKS = f"""
CREATE SCHEMA {SCHEMA};
CREATE FUNCTION {SCHEMA}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT coalesce(
        nullif(current_setting('{SCHEMA}.now', true), '')::timestamptz,
        pg_catalog.clock_timestamp())
$$;
CREATE FUNCTION {SCHEMA}.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT {SCHEMA}.clock_timestamp()
$$;
"""


@dataclass(slots=True)
class Moment:
    """Where the database learns the time from, and whom it gives its turn to; changed by run."""

    now_s: Callable[[], float]
    pause: Callable[[], None]


class VirtualDatabase:
    """One database of a server, emptied for each run; its compiled statements are kept."""

    def __init__(self, server: PostgresServer, name: str) -> None:
        server.make_database(name)
        path = f"{SCHEMA}, pg_catalog, public"
        server.execute(f'ALTER DATABASE "{name}" SET search_path = {path}')
        for statement in filter(str.strip, _CLOCKS.split(";\n")):
            server.execute(statement, name)
        migrate(server.url(name))
        self._server, self._name = server, name
        self._moment: Moment | None = None
        self._engine = make_engine(server.url(name), pool_size=20)
        event.listen(self._engine, "connect", self._adopt)

    def open(self, moment: Moment, make_id: Callable[[], str]) -> SqlStore:
        """Return the store of a new run, with nothing in it."""
        self._moment = None
        tables = ", ".join(Base.metadata.tables)
        with self._engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
        self._engine.dispose()  # what a connection has prepared by now would cost no turn again
        self._moment = moment
        return SqlStore(self._engine, make_id=make_id)

    def close(self) -> None:
        """Drop the database."""
        self._engine.dispose()
        self._server.execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def _adopt(self, driver: Any, _record: object) -> None:
        """Let all that is said on a new connection be said in virtual time, by whatever way."""
        driver.cursor_factory = partial(_VirtualCursor, self._in_its_moment)

    def _in_its_moment(self, statement: str) -> str:
        if self._moment is None:
            return statement
        self._moment.pause()
        now = (BEGAN_AT + timedelta(seconds=self._moment.now_s())).isoformat()
        settings = (
            f"set_config('{SCHEMA}.now', '{now}', false), "
            f"set_config('lock_timeout', '{LOCK_TIMEOUT_MS}ms', false)"
        )
        return f"SELECT {settings}; {statement}"


class _VirtualCursor(cursor):
    """A driver's cursor that asks how a statement is to be said."""

    def __init__(self, say: Callable[[str], str], *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._say = say

    def execute(self, query: Any, values: Any = None) -> None:
        """Run a statement in its moment."""
        try:
            said = self._say(query)
        except BaseException:
            # SQLAlchemy hangs up on whoever is killed here, and PostgreSQL would notice, and free
            # the locks, in a time of its own
            self.connection.rollback()
            raise
        super().execute(said, values)
