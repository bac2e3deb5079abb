"""The original SorterBot's database: a schema for each arm, and in it a table for each session.

It holds what was detected in each picture and nothing else: no times, scores or plans. Schemas and
tables are called like arms and sessions in lower case.

Source: the public repository simonszalai/sorterbot_cloud, src/utils/postgres.py, for the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Column, MetaData, Table, select, text
from sqlalchemy.sql import quoted_name

from sorter.errors import InvalidInputError, SorterBotError
from sorter.types import Detections, ImageSize, Label
from storage.engine import make_engine, our_errors

COLUMNS = (
    "id",
    "image_name",
    "image_width",
    "image_height",
    "class",
    "x1",
    "y1",
    "x2",
    "y2",
)

SCORE = 0.5
"""The original's threshold: what it kept scored at least that. Source: its config.yaml."""

_SESSION = re.compile(r"s\d{1,60}", re.ASCII)
_IMAGE = re.compile(r"(\d{1,5})\.jpe?g", re.ASCII | re.IGNORECASE)

_TABLES = text("""
SELECT table_schema::text, table_name::text FROM information_schema.columns
WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
GROUP BY table_schema, table_name
HAVING array_agg(column_name::text) @> CAST(:columns AS text[])
""")


@dataclass(frozen=True, slots=True)
class LegacyTable:
    """One session of one arm, as the original's database calls them."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def session_name(self) -> str:
        """As the panel called it: ``S12`` for ``s12``, and any other name as it is."""
        return self.name.upper() if _SESSION.fullmatch(self.name) else self.name

    @property
    def order(self) -> tuple[str, int, str]:
        """Sorts an arm's sessions by number rather than letter by letter."""
        number = int(self.name[1:]) if _SESSION.fullmatch(self.name) else -1
        return self.schema, number, self.name


@dataclass(frozen=True, slots=True)
class LegacyImage:
    """One picture, and what was detected in it."""

    name: str
    position_pw: float
    size: ImageSize
    detections: Detections


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that says nothing that could be kept, and why."""

    row_id: object
    reason: str


Row = dict[str, Any]
"""A row by the names of :data:`COLUMNS`."""


class LegacyDatabase:
    """Reads the original's database and changes nothing in it.

    Raises:
        InvalidInputError: The address is none of PostgreSQL.
        TransientError: The database did not answer; from any method.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url, pool_size=1)

    def load_tables(self) -> list[LegacyTable]:
        """Return every session, arm by arm, in the order of their numbers.

        A session's table is one that has the original's columns, whatever it is called.
        """
        with our_errors(), self._engine.connect() as connection:
            rows = connection.execute(_TABLES, {"columns": list(COLUMNS)})
            return sorted((LegacyTable(*row) for row in rows), key=lambda table: table.order)

    def load_rows(self, table: LegacyTable) -> list[Row]:
        """Return a session's rows in the order in which they were written."""
        # Names are quoted whatever they hold: anything may be called anything in a database.
        source = Table(
            quoted_name(table.name, quote=True),
            MetaData(schema=quoted_name(table.schema, quote=True)),
            *(Column(name) for name in COLUMNS),
        )
        with (
            our_errors(),
            self._engine.connect().execution_options(postgresql_readonly=True) as connection,
        ):
            found = connection.execute(select(source).order_by(source.c.id))
            return [dict(zip(COLUMNS, row, strict=True)) for row in found]

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()


def legacy_images(rows: Iterable[Row]) -> tuple[list[LegacyImage], list[BadRow]]:
    """Return the pictures that rows tell of, by position, and the rows that make no sense.

    A picture's first row that makes sense says its size.
    """
    bad: list[BadRow] = []
    by_position: dict[float, list[Row]] = {}
    for row in rows:
        try:
            position_pw = _checked_position(row)
            same_image = by_position.get(position_pw, [])
            _check_size_is_the_same(row, same_image)
        except SorterBotError as error:
            bad.append(BadRow(row["id"], str(error)))
        else:
            by_position.setdefault(position_pw, []).append(row)
    return [
        _image(position_pw, by_position[position_pw]) for position_pw in sorted(by_position)
    ], bad


def _checked_position(row: Row) -> float:
    """Return the position of a row's picture.

    Raises:
        InvalidInputError: The row makes no sense by itself.
    """
    missing = [name for name in COLUMNS[1:] if row[name] is None]
    if missing:
        raise InvalidInputError(f"{', '.join(missing)} missing")
    match = _IMAGE.fullmatch(str(row["image_name"]))
    if match is None:
        raise InvalidInputError(f"no picture is called {str(row['image_name'])[:100]!r}")
    if row["class"] not in set(Label):
        raise InvalidInputError(f"class {row['class']} is neither 0, an item, nor 1, a container")
    size = ImageSize(row["image_width"], row["image_height"])
    box = x1, y1, x2, y2 = tuple(row[name] for name in ("x1", "y1", "x2", "y2"))
    if not (0 <= x1 < x2 <= size.width_px and 0 <= y1 < y2 <= size.height_px):
        raise InvalidInputError(
            f"the box {box} is empty, inverted or not in its picture of"
            f" {size.width_px} x {size.height_px}"
        )
    return float(match[1])


def _check_size_is_the_same(row: Row, earlier: Sequence[Row]) -> None:
    size = row["image_width"], row["image_height"]
    if earlier and size != (earlier[0]["image_width"], earlier[0]["image_height"]):
        raise InvalidInputError(f"its picture has another size in row {earlier[0]['id']}")


def _image(position_pw: float, rows: Sequence[Row]) -> LegacyImage:
    boxes = [[row[name] for name in ("x1", "y1", "x2", "y2")] for row in rows]
    return LegacyImage(
        name=rows[0]["image_name"],
        position_pw=position_pw,
        size=ImageSize(rows[0]["image_width"], rows[0]["image_height"]),
        detections=Detections(
            np.asarray(boxes, np.float32),
            np.asarray([row["class"] for row in rows], np.int64),
            np.full(len(rows), SCORE, np.float32),
        ),
    )
