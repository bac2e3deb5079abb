"""Statements that a connection is taught once and then asked by name.

PostgreSQL then neither reads nor plans them again, which for short statements on few rows is most
of what they cost. They go straight to the driver: what SQLAlchemy does around a statement costs
this process more than all else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import PoolProxiedConnection

from storage.texts import checked_text

_TAUGHT = "sorterbot_prepared"


@dataclass(frozen=True)
class Prepared:
    """One statement.

    Attributes:
        name: Among all of them.
        takes: The type of each value, as PostgreSQL writes it, by the value's name.
        sql: Names its values as ``%(name)s``.
    """

    name: str
    takes: Mapping[str, str]
    sql: str

    @cached_property
    def teaching(self) -> str:
        """What a connection is told once."""
        places = {name: f"${number}" for number, name in enumerate(self.takes, 1)}
        return f"PREPARE {self.name} ({', '.join(self.takes.values())}) AS {self.sql % places}"

    @cached_property
    def asking(self) -> str:
        """What it is told each time, with the values as the driver takes them."""
        return f"EXECUTE {self.name} ({', '.join(f'%({name})s' for name in self.takes)})"


def ask(
    lent: PoolProxiedConnection, statements: Sequence[Prepared], values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Run statements in one round trip and return the rows of the last, by the columns' names.

    Raises:
        InvalidInputError: A text cannot be kept.
    """
    kept = {
        name: checked_text(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
    taught = lent.info.setdefault(_TAUGHT, set())
    with closing(lent.cursor()) as cursor:
        for statement in statements:
            if statement.name not in taught:
                cursor.execute(statement.teaching)
                taught.add(statement.name)
        cursor.execute("; ".join(statement.asking for statement in statements), kept)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
