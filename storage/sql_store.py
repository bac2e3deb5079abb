"""The memory in PostgreSQL: every method one row-locked transaction."""

from __future__ import annotations

from storage.sql.arms import SqlArms
from storage.sql.check_ins import SqlCheckIns
from storage.sql.figures import SqlFigures
from storage.sql.images import SqlImages
from storage.sql.intake import SqlIntake
from storage.sql.operators import SqlOperators
from storage.sql.overview import SqlOverview
from storage.sql.quarantine import SqlQuarantine
from storage.sql.reading import SqlReading
from storage.sql.session_view import SqlSessionView
from storage.sql.sorting import SqlSorting
from storage.sql.sweeping import SqlSweeping
from storage.sql.turns import SqlTurns


class SqlStore(
    SqlArms,
    SqlIntake,
    SqlReading,
    SqlTurns,
    SqlImages,
    SqlSorting,
    SqlSweeping,
    SqlQuarantine,
    SqlFigures,
    SqlOperators,
    SqlOverview,
    SqlSessionView,
    SqlCheckIns,
):
    """:class:`storage.ports.Store` on PostgreSQL; any number of threads may share one."""
