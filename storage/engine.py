"""The connection to PostgreSQL: bounded pool, bounded waits, and its errors as ours."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg2
from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, make_url
from sqlalchemy.event import listen
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    OperationalError,
    StatementError,
    TimeoutError,  # noqa: A004 - the pool's, and named so by SQLAlchemy
)
from sqlalchemy.pool import ConnectionPoolEntry

from sorter.errors import InvalidInputError, StorageFullError, TransientError
from storage.bounded_waits import BoundedConnection, bound_waits

MAX_CONNECTIONS = 20
"""Of one process. Opened as they are needed, and kept: to open one costs both sides more than all
that a picture asks of it.
"""

CONNECT_TIMEOUT_S = 3
POOL_TIMEOUT_S = 5.0
STATEMENT_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 5_000
ANSWER_WITHIN_S = 12.0
"""Above what the server lets a statement take: only one that stands still takes longer."""

IDLE_IN_TRANSACTION_MS = 30_000
"""A client that froze in mid-transaction loses its locks after this long."""
TCP_USER_TIMEOUT_MS = 10_000

_IS_KNOWN = "sorterbot_is_known"
_DISK_FULL = "53100"
_READ_ONLY = "25006"  # a standby that is not yet, or no longer, the primary
_IDLE_TOO_LONG = "25P03"


def make_engine(
    url: str,
    *,
    pool_size: int = MAX_CONNECTIONS,
    answer_within_s: float = ANSWER_WITHIN_S,
) -> Engine:
    """Return an engine whose every wait is bounded.

    Args:
        url: ``postgresql://`` or ``postgresql+psycopg2://``.
        pool_size: Connections at most; who finds none free waits for one.
        answer_within_s: What one statement may take before its connection is given up.

    Raises:
        InvalidInputError: The text is no such URL.
    """
    bound_waits()
    engine = create_engine(
        database_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=POOL_TIMEOUT_S,
        pool_recycle=1800,
        connect_args={
            "connection_factory": partial(
                BoundedConnection,
                connect_within_s=CONNECT_TIMEOUT_S,
                answer_within_s=answer_within_s,
            ),
            "tcp_user_timeout": TCP_USER_TIMEOUT_MS,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "application_name": "sorterbot",
            "options": (
                f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
                f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS}"
                # Not by SQLAlchemy's isolation_level: psycopg2 then asks the server whenever
                # a connection turns from reading to writing, also where there is none any more.
                r" -c default_transaction_isolation=read\ committed -c timezone=utc"
            ),
        },
    )
    listen(engine, "checkout", _replace_if_cut)
    return engine


def _replace_if_cut(driver: Any, record: ConnectionPoolEntry, _lent: object) -> None:
    """Let the pool open a connection anew that the server has ended; asks the server nothing.

    A server speaks unasked only to take its leave, or of a change of its settings, which costs no
    more than a connection. One that is new is used as it is: where the server takes its leave of
    that, too, the pool would give up with an error that is none of the database's.

    Raises:
        DisconnectionError: What the pool heeds.
    """
    is_new = _IS_KNOWN not in record.info
    record.info[_IS_KNOWN] = True
    if is_new:
        return
    poller = select.poll()
    poller.register(driver.fileno(), select.POLLIN)
    if poller.poll(0):
        raise DisconnectionError("the server has ended the connection")


def database_url(url: str) -> URL:
    """Return the URL with the driver that is used here.

    Raises:
        InvalidInputError: The text is no PostgreSQL URL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise InvalidInputError("the database URL cannot be read") from error
    if parsed.drivername not in {"postgresql", "postgres", "postgresql+psycopg2"}:
        raise InvalidInputError(f"the database must be PostgreSQL, not {parsed.drivername}")
    return parsed.set(drivername="postgresql+psycopg2")


@contextmanager
def autocommitted(connection: Connection) -> Iterator[None]:
    """Let each statement stand for itself; the connection must not have begun anything.

    By the driver's own switch, which asks the server nothing. SQLAlchemy's AUTOCOMMIT sets the
    isolation level back while the connection is given back to its pool; where the server had
    gone meanwhile, that raised an error which is none of SQLAlchemy's, and took the connection's
    place in the pool away for good.
    """
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - it has just been checked out
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


@contextmanager
def lent_driver(engine: Engine) -> Iterator[PoolProxiedConnection]:
    """Lend a connection to whoever talks to the driver itself; each call stands for itself.

    Raises:
        DBAPIError: The driver's error, as SQLAlchemy has it.
    """
    try:
        with closing(engine.raw_connection()) as lent, _each_call_for_itself(lent):
            yield lent
    except psycopg2.Error as error:
        raise DBAPIError.instance(None, None, error, psycopg2.Error) from error


@contextmanager
def _each_call_for_itself(lent: PoolProxiedConnection) -> Iterator[None]:
    driver: Any = lent.driver_connection
    driver.autocommit = True
    try:
        yield
    finally:
        if driver.closed:
            lent.invalidate()
        else:
            driver.autocommit = False


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what the database and its driver raise into this project's errors.

    Raises:
        TransientError: The database did not answer, or not in time; try again.
        StorageFullError: The database's disk is full.
        InvalidInputError: A value does not fit its column.
    """
    try:
        yield
    except TimeoutError as error:
        raise TransientError("no connection to the database came free in time") from error
    except DataError as error:
        raise InvalidInputError(f"a value cannot be kept: {_first_line(error)}") from error
    except DBAPIError as error:
        if _code(error) == _DISK_FULL:
            raise StorageFullError("the database's disk is full") from error
        if _is_transient(error):
            raise TransientError(f"the database did not answer: {_first_line(error)}") from error
        raise
    except StatementError as error:
        if isinstance(error.orig, InvalidInputError):
            raise error.orig from None
        raise


def _is_transient(error: DBAPIError) -> bool:
    return (
        isinstance(error, OperationalError | InterfaceError)
        or error.connection_invalidated
        or _code(error) in {_READ_ONLY, _IDLE_TOO_LONG}
    )


def _code(error: DBAPIError) -> str | None:
    return getattr(error.orig, "pgcode", None)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
