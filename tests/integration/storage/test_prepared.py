"""Statements that go straight to the driver keep the promises of those that do not."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest
from sqlalchemy import Engine, text

from sorter.errors import InvalidInputError, TransientError
from storage import sql
from storage.engine import lent_driver, make_engine, our_errors
from storage.sql.prepared import Prepared, ask

pytestmark = pytest.mark.services

SAY = Prepared("say", {"word": "text", "n": "int"}, "SELECT repeat(%(word)s, %(n)s) AS said")
NOTE = Prepared(
    "note", {"word": "text"}, "INSERT INTO workers (worker_id, queue) VALUES (%(word)s, 'gpu')"
)
FAIL = Prepared("fail", {"n": "int"}, "SELECT 1 / %(n)s AS never")
END = Prepared("end_itself", {"n": "int"}, "SELECT pg_terminate_backend(pg_backend_pid())")


def say(engine: Engine, word: str = "a", n: int = 2) -> str:
    with our_errors(), lent_driver(engine) as lent:
        return str(ask(lent, [SAY], {"word": word, "n": n})[0]["said"])


def test_no_two_statements_have_one_name() -> None:
    """A connection that was taught the one would run it for whoever asks for the other."""
    modules = [import_module(found.name) for found in iter_modules(sql.__path__, "storage.sql.")]
    values = [value for module in modules for value in vars(module).values()]
    statements = {id(value): value for value in values if isinstance(value, Prepared)}
    names = [statement.name for statement in statements.values()]
    assert len(names) > 1
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("word", ["a'b", "%(n)s", "100%", "\\", 'a"b'])
def test_a_value_is_a_value_whatever_it_looks_like(engine: Engine, word: str) -> None:
    assert say(engine, word) == word * 2


@pytest.mark.parametrize("word", ["a\x00b", "\ud800"])
def test_a_text_that_cannot_be_kept_is_refused(engine: Engine, word: str) -> None:
    with pytest.raises(InvalidInputError):
        say(engine, word)


def test_what_is_sent_together_is_done_together_or_not_at_all(engine: Engine) -> None:
    with pytest.raises(InvalidInputError), our_errors(), lent_driver(engine) as lent:
        ask(lent, [NOTE, FAIL], {"word": "unseen", "n": 0})
    with engine.connect() as connection:
        known = connection.scalars(text("SELECT worker_id FROM workers")).all()
    assert "unseen" not in known


def test_a_connection_that_ends_in_a_statement_is_replaced_by_one_that_learns_anew(
    engine: Engine,
) -> None:
    assert say(engine) == "aa"
    with pytest.raises(TransientError), our_errors(), lent_driver(engine) as lent:
        ask(lent, [SAY, END], {"word": "a", "n": 2})
    assert say(engine) == "aa"


def test_a_server_that_is_not_there_is_a_transient_error() -> None:
    nowhere = make_engine("postgresql://me:secret@127.0.0.1:1/none")
    with pytest.raises(TransientError):
        say(nowhere)


def test_a_lent_connection_is_given_back_as_it_was(engine: Engine) -> None:
    say(engine)
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO workers (worker_id, queue) VALUES ('undone', 'gpu')"))
        connection.rollback()
        known = connection.scalars(text("SELECT worker_id FROM workers")).all()
    assert "undone" not in known
