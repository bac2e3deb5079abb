"""The database's errors as this project's, and the URLs that name a database."""

from __future__ import annotations

import psycopg2
import pytest
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InternalError,
    OperationalError,
    ProgrammingError,
    StatementError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from sorter.errors import InvalidInputError, SorterBotError, StorageFullError, TransientError
from storage.engine import database_url, our_errors


class DriverError(psycopg2.Error):
    """The driver's error with a code, which psycopg2 itself sets only when it talks."""

    pgcode: str | None = None

    def __init__(self, pgcode: str | None = None) -> None:
        super().__init__("what happened\nDETAIL: more")
        self.pgcode = pgcode


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (OperationalError("SELECT 1", {}, DriverError()), TransientError),
        (OperationalError("SELECT 1", {}, DriverError("53100")), StorageFullError),
        (InternalError("SELECT 1", {}, DriverError("25006")), TransientError),
        (InternalError("SELECT 1", {}, DriverError("25P03")), TransientError),
        (PoolTimeoutError("the pool is empty"), TransientError),
        (DataError("SELECT 1", {}, DriverError("22003")), InvalidInputError),
        (StatementError("bad", "SELECT 1", {}, InvalidInputError("NUL")), InvalidInputError),
    ],
)
def test_the_databases_errors_become_the_projects(
    raised: Exception, expected: type[SorterBotError]
) -> None:
    with pytest.raises(expected) as caught, our_errors():
        raise raised
    assert type(caught.value) is expected
    assert "DETAIL" not in str(caught.value)


@pytest.mark.parametrize(
    "raised",
    [
        ProgrammingError("SELECT 1", {}, DriverError("42P01")),
        IntegrityError("SELECT 1", {}, DriverError("23514")),
        StatementError("bad", "SELECT 1", {}, TypeError("a bug")),
        KeyError("a bug"),
    ],
)
def test_bugs_are_not_dressed_up_as_errors_of_the_database(raised: Exception) -> None:
    with pytest.raises(type(raised)) as caught, our_errors():
        raise raised
    assert caught.value is raised


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_a_database_is_reached_by_one_driver_however_its_url_is_spelt(scheme: str) -> None:
    url = database_url(f"{scheme}://me:p%40ss@host:5433/name?host=/a%20socket")
    assert url.drivername == "postgresql+psycopg2"
    assert (url.password, url.port, url.database) == ("p@ss", 5433, "name")
    assert url.query["host"] == "/a socket"


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite:///x", "postgresql://host:port/name"])
def test_a_url_that_names_no_postgresql_database_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError):
        database_url(url)
