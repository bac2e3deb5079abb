"""The command ``sorterbot import-legacy``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.keys import DatabaseUrl, Folder

if TYPE_CHECKING:
    from storage.legacy import BadRow, LegacyDatabase, LegacyTable
    from storage.sql.importing import SqlImporting

EPILOG = """
**Examples**

  $ sorterbot import-legacy postgresql://user:password@old/sorterbot --folder runs/table --dry-run

  $ PG_CONN=postgresql://... sorterbot import-legacy --arm ARM001 --skip-bad

**What comes over**

Each session with its pictures' positions and sizes and what was detected in them. The original
kept no times, scores or plans: a session that comes over is dated 2020-01-01, its detections score
0.5, and its state is failed, for want of a plan. Run again, it brings what is new or has changed,
and nothing twice.
"""


def import_legacy(
    pg_conn: Annotated[
        str,
        typer.Argument(
            envvar="PG_CONN",
            help="Address of the original's database, as postgresql://user:password@host:port/name;"
            " in the variable, other users of this machine do not see its password.",
        ),
    ],
    database_url: DatabaseUrl = None,
    folder: Folder = None,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help="An arm's name as its robot spells it: the original kept it in lower case. An arm"
            " that is registered need not be named. May be given several times."
        ),
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    skip_bad: Annotated[
        bool,
        typer.Option("--skip-bad", help="Pass over rows that make no sense, and say which."),
    ] = False,
) -> None:
    """Bring sessions over from a database of the original SorterBot, which is left as it is."""
    from storage.legacy import LegacyDatabase
    from storage.sql.importing import SqlImporting

    store = _open(SqlImporting, database_url, folder)
    source = LegacyDatabase(pg_conn)
    try:
        _Import(source, store, arm or [], is_dry=dry_run, skips_bad=skip_bad).run()
    finally:
        source.close()
        store.close()


def _open(kind: type[SqlImporting], database_url: str | None, folder: Path | None) -> SqlImporting:
    from uuid import uuid4

    from cli.keys import database_of
    from storage.engine import make_engine
    from storage.schema import check_schema

    url = database_of(database_url, folder)
    check_schema(url)
    return kind(make_engine(url), make_id=lambda: uuid4().hex)


class _Import:
    """One run over all sessions of the original's database."""

    def __init__(
        self,
        source: LegacyDatabase,
        store: SqlImporting,
        named: Sequence[str],
        *,
        is_dry: bool,
        skips_bad: bool,
    ) -> None:
        from cli.keyring import check_arm_id

        for name in named:
            check_arm_id(name)
        self._source, self._store = source, store
        self._is_dry, self._skips_bad = is_dry, skips_bad
        self._named = list(named)
        self._arms: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._n_bad = 0

    def run(self) -> None:
        """Bring every session, one transaction each.

        Raises:
            InvalidInputError: Something makes no sense, and is not to be passed over; of its
                session nothing was written.
        """
        tables = self._source.load_tables()
        for number, table in enumerate(tables, start=1):
            typer.echo(f"[{number}/{len(tables)}] {_shown(table)}: {self._bring(table)}")
        done = ", ".join(f"{n} {what}" for what, n in sorted(self._counts.items()))
        bad = f"; {self._n_bad} bad passed over" if self._n_bad else ""
        dry = " Nothing was written." if self._is_dry else ""
        typer.echo(f"{len(tables)} sessions: {done or 'none'}{bad}.{dry}")

    def _bring(self, table: LegacyTable) -> str:
        """Bring one session, and say what that did."""
        from sorter.errors import InvalidInputError
        from storage.legacy import legacy_images

        try:
            arm_id = self._arm_of(table.schema)
        except InvalidInputError as error:
            return self._pass_over(f"{_shown(table)}: {error}")
        images, bad = legacy_images(self._source.load_rows(table))
        for row in bad:
            self._pass_over(_complaint(table, row))
        if not images:
            self._counts["empty"] += 1
            return "empty"
        brought = self._store.bring_session(arm_id, table, images, is_dry=self._is_dry)
        self._counts[brought] += 1
        n_detections = sum(len(image.detections) for image in images)
        return f"{arm_id}, {len(images)} pictures, {n_detections} detections, {brought}"

    def _pass_over(self, complaint: str) -> str:
        from sorter.errors import InvalidInputError

        if not self._skips_bad:
            raise InvalidInputError(f"{complaint} (--skip-bad goes on without)")
        self._n_bad += 1
        typer.echo(f"bad: {complaint}", err=True)
        return "passed over"

    def _arm_of(self, schema: str) -> str:
        """Return an arm's name by its schema's; register one that nobody knows.

        Raises:
            InvalidInputError: No arm can be called so, or two could be meant.
        """
        if schema not in self._arms:
            self._arms[schema] = self._find_arm(schema)
        return self._arms[schema]

    def _find_arm(self, schema: str) -> str:
        from cli.keyring import check_arm_id
        from sorter.errors import InvalidInputError

        known = self._store.load_arm_ids()
        meant = [name for name in self._named if name.lower() == schema]
        meant = meant or [name for name in known if name.lower() == schema] or [schema]
        if len(meant) > 1:
            raise InvalidInputError(f"{' and '.join(meant)} could be meant: say --arm")
        check_arm_id(meant[0])
        if meant[0] not in known and not self._is_dry:
            self._store.add_arm(meant[0])
        return meant[0]


def _shown(table: LegacyTable) -> str:
    """Return a table's name for a terminal: hostile characters escaped, the rest as it is."""
    name = str(table)
    return name if name.isprintable() else repr(name)


def _complaint(table: LegacyTable, row: BadRow) -> str:
    return f"{_shown(table)}, row {row.row_id}: {row.reason}"
