"""Migrations on a real PostgreSQL."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from cli.services.postgres import PostgresServer
from sorter.errors import TransientError
from storage.engine import database_url
from storage.models import Base
from storage.schema import SchemaError, _config, check_schema, migrate

pytestmark = pytest.mark.services

CATALOGUE = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
UNION SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION SELECT table_name, column_name,
    concat_ws(' ', data_type, udt_name, character_maximum_length, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
"""


@pytest.fixture
def engine_of(request: pytest.FixtureRequest) -> Callable[[str], Engine]:
    """Makes engines that are closed when the test ends."""

    def make(url: str) -> Engine:
        engine = create_engine(database_url(url))
        request.addfinalizer(engine.dispose)
        return engine

    return make


def _catalogue(engine: Engine) -> set[tuple[str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text(CATALOGUE))
        return {(a, b, c) for a, b, c in rows if a != "alembic_version"}


def test_an_empty_database_is_refused_with_the_command_that_helps(postgres_url: str) -> None:
    with pytest.raises(SchemaError, match="`sorterbot migrate`"):
        check_schema(postgres_url)


def test_a_migrated_database_passes_and_may_be_migrated_again(postgres_url: str) -> None:
    for _ in range(2):
        migrate(postgres_url)
        check_schema(postgres_url)


def test_a_newer_database_is_refused_and_left_as_it_is(
    postgres_url: str, engine_of: Callable[[str], Engine]
) -> None:
    migrate(postgres_url)
    engine = engine_of(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
    before = _catalogue(engine)
    for call in (check_schema, migrate):
        with pytest.raises(SchemaError, match="newer than this code"):
            call(postgres_url)
    assert _catalogue(engine) == before


def test_models_and_migrations_make_the_same_schema(
    postgres_url: str, migrated_postgres_url: str, engine_of: Callable[[str], Engine]
) -> None:
    """Constraints, partial indexes and defaults, too, which Alembic does not compare."""
    from_models, from_migrations = engine_of(postgres_url), engine_of(migrated_postgres_url)
    Base.metadata.create_all(from_models)
    assert _catalogue(from_models) == _catalogue(from_migrations)
    with from_migrations.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_first_migration_can_be_undone(
    migrated_postgres_url: str, engine_of: Callable[[str], Engine]
) -> None:
    engine = engine_of(migrated_postgres_url)
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert _catalogue(engine) == set()


def test_processes_that_migrate_at_once_wait_for_one_another(postgres_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [postgres_url] * 4))
    check_schema(postgres_url)


def test_a_migration_that_fails_leaves_nothing(
    postgres_url: str, engine_of: Callable[[str], Engine]
) -> None:
    engine = engine_of(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE workers (in_the_way int)"))
    before = _catalogue(engine)
    with pytest.raises(Exception, match="already exists"):
        migrate(postgres_url)
    assert _catalogue(engine) == before


def test_migrating_works_from_any_folder_whatever_the_paths_and_the_url_hold(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    name = 'odd %s "name'
    quoted = name.replace('"', '""')
    postgres_server.execute(f'CREATE DATABASE "{quoted}"')
    source = tmp_path / "a folder %(x)s"
    for package in ("storage", "sorter"):
        shutil.copytree(Path(__file__).parents[3] / package, source / package)
    url = postgres_server.url("odd%20%25s%20%22name")
    program = (
        f"import sys; sys.path.insert(0, {str(source)!r})\n"
        "from storage.schema import migrate, check_schema, __file__ as file\n"
        f"assert file.startswith({str(source)!r})\n"
        f"migrate({url!r}); check_schema({url!r})"
    )
    command_line = [sys.executable, "-P", "-c", program]
    ended = subprocess.run(command_line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_database_that_is_not_there_is_a_transient_error() -> None:
    nobody = "postgresql://postgres@127.0.0.1:1/none"
    for call in (check_schema, migrate):
        with pytest.raises(TransientError):
            call(nobody)
