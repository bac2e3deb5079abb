"""Moving over: a database as the original wrote it, brought into ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from cli.main import main
from cli.services.postgres import PostgresServer
from sorter.types import Arm, Label
from storage.bootstrap import make_store
from storage.engine import make_engine
from storage.image_folder import ImageFolder
from storage.records import SessionState
from storage.sql.importing import AT
from storage.sql_store import SqlStore
from tests.factories import JPEG

pytestmark = pytest.mark.services

HOSTILE = "x'; DROP SCHEMA arm001 CASCADE; -- \"%s %(a)s"

Box = tuple[str | None, int, int, int, int, int, int, int]
"""Picture, its width and height, class, and the box's corners."""

BEFORE: list[Box] = [
    ("1200.jpg", 1640, 1232, 0, 1182, 240, 1355, 408),
    ("1200.jpg", 1640, 1232, 1, 0, 0, 1640, 1232),
    ("1000.jpg", 1640, 1232, 0, 545, 358, 767, 502),
]


class Original:
    """The original's database, written as the original writes it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True

    def add(self, schema: str, table: str, rows: Sequence[Box]) -> None:
        """Add rows to a session's table, which is made where there is none."""
        names = {"schema": sql.Identifier(schema), "table": sql.Identifier(table)}
        with self._connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {schema}").format(**names))
            cursor.execute(
                sql.SQL(
                    "CREATE TABLE IF NOT EXISTS {schema}.{table} (id SERIAL PRIMARY KEY,"
                    " image_name TEXT, image_width SMALLINT, image_height SMALLINT,"
                    " class SMALLINT, x1 SMALLINT, y1 SMALLINT, x2 SMALLINT, y2 SMALLINT)"
                ).format(**names)
            )
            for row in rows:
                values = sql.SQL(", ").join([sql.Literal(value) for value in row])
                cursor.execute(
                    sql.SQL(
                        "INSERT INTO {schema}.{table} (image_name, image_width, image_height,"
                        " class, x1, y1, x2, y2) VALUES ({values})"
                    ).format(**names, values=values)
                )

    def schemas(self) -> set[str]:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT schema_name FROM information_schema.schemata")
            return {name for (name,) in cursor.fetchall()}

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def original(postgres_url: str) -> Iterator[Original]:
    original = Original(postgres_url.replace("postgresql+psycopg2", "postgresql"))
    yield original
    original.close()


@pytest.fixture
def store(migrated_postgres_url: str) -> Iterator[SqlStore]:
    store = make_store(migrated_postgres_url)
    yield store
    store.close()


@pytest.fixture
def ours(migrated_postgres_url: str) -> str:
    return f"--database-url={migrated_postgres_url}"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["import-legacy", *words])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def sessions_of(url: str) -> dict[str, str]:
    """Return the ids of the sessions that were brought, by schema and table."""
    engine = make_engine(url)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT idempotency_key, session_id FROM sessions").all()
    engine.dispose()
    return {key.removeprefix("imported/"): session_id for key, session_id in rows}


def test_a_session_comes_over_with_its_pictures_and_what_was_detected(
    original: Original,
    store: SqlStore,
    ours: str,
    migrated_postgres_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    original.add("arm001", "s12", BEFORE)
    status, said, _ = run(capsys, original.url, ours)
    assert status == 0
    assert "[1/1] arm001.s12: arm001, 2 pictures, 3 detections, new\n1 sessions: 1 new.\n" in said
    session_id = sessions_of(migrated_postgres_url)["arm001.s12"]
    session = store.load_session(session_id)
    assert (session.state, session.opened_at, session.n_detected) == (SessionState.FAILED, AT, 2)
    assert "no plan" in str(session.failure)
    first, second = store.load_photographs(session_id)
    assert (first.position_pw, second.position_pw) == (1000.0, 1200.0)
    assert second.detections.xyxy_px.tolist() == [[1182, 240, 1355, 408], [0, 0, 1640, 1232]]
    assert second.detections.labels.tolist() == [Label.ITEM, Label.CONTAINER]
    assert second.detections.scores.tolist() == [0.5, 0.5]
    assert (second.size.width_px, second.size.height_px) == (1640, 1232)


def test_pictures_that_lie_where_the_original_put_them_can_be_read(
    original: Original,
    store: SqlStore,
    ours: str,
    migrated_postgres_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    original.add("arm001", "s12", BEFORE)
    run(capsys, original.url, ours, "--arm=ARM001")
    images = ImageFolder(tmp_path)
    images.save_named("ARM001/S12/1000.jpg", JPEG)
    (first, _) = store.load_images(sessions_of(migrated_postgres_url)["arm001.s12"])
    assert images.load_image(first.key) == JPEG


def test_brought_again_nothing_comes_twice_and_what_is_new_comes(
    original: Original,
    store: SqlStore,
    ours: str,
    migrated_postgres_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    original.add("arm001", "s2", BEFORE)
    original.add("arm001", "s10", BEFORE[:1])
    run(capsys, original.url, ours)
    _, said, _ = run(capsys, original.url, ours)
    assert "2 sessions: 2 unchanged." in said
    original.add("arm001", "s10", [("1100.jpg", 1640, 1232, 0, 1, 1, 9, 9)])
    original.add("arm001", "s11", BEFORE[:1])
    _, said, _ = run(capsys, original.url, ours)
    assert "3 sessions: 1 changed, 1 new, 1 unchanged." in said
    assert said.index("s2:") < said.index("s10:") < said.index("s11:")
    found = sessions_of(migrated_postgres_url)
    assert set(found) == {"arm001.s2", "arm001.s10", "arm001.s11"}
    positions = [image.position_pw for image in store.load_images(found["arm001.s10"])]
    assert positions == [1100.0, 1200.0]


def test_a_dry_run_says_the_same_and_writes_nothing(
    original: Original,
    store: SqlStore,
    ours: str,
    migrated_postgres_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    original.add("arm001", "s1", BEFORE)
    dry = run(capsys, original.url, ours, "--dry-run")
    assert sessions_of(migrated_postgres_url) == {}
    wet = run(capsys, original.url, ours)
    assert dry[1] == wet[1].replace("1 new.", "1 new. Nothing was written.")


def test_an_arm_is_called_as_it_is_known_or_named(
    original: Original,
    store: SqlStore,
    ours: str,
    migrated_postgres_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store.save_arm(Arm("Arm001", repeatability_px=7.0))
    for schema in ("arm001", "arm002", "arm003"):
        original.add(schema, "s1", BEFORE)
    run(capsys, original.url, ours, "--arm=ARM002")
    found = sessions_of(migrated_postgres_url)
    arms = {name: store.load_session(session_id).arm for name, session_id in found.items()}
    assert {name: arm.arm_id for name, arm in arms.items()} == {
        "arm001.s1": "Arm001",
        "arm002.s1": "ARM002",
        "arm003.s1": "arm003",
    }
    assert arms["arm001.s1"].repeatability_px == 7.0


def test_an_arm_that_could_be_two_is_asked_about(
    original: Original, store: SqlStore, ours: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("ARM001", "Arm001"):
        store.save_arm(Arm(name))
    original.add("arm001", "s1", BEFORE)
    status, _, said = run(capsys, original.url, ours)
    assert (status, said.count("\n")) == (1, 1)
    assert "ARM001 and Arm001 could be meant" in said
    assert run(capsys, original.url, ours, "--arm=Arm001")[0] == 0


BAD: list[tuple[Box, str]] = [
    (("1200.jpg", 1640, 1232, 0, 1256, 854, 741, 125), "empty, inverted or not in its picture"),
    (("1200.jpg", 1640, 1232, 0, 5, 5, 5, 9), "empty, inverted or not in its picture"),
    (("1200.jpg", 1640, 1232, 0, -1, 0, 5, 5), "empty, inverted or not in its picture"),
    (("1200.jpg", 1640, 1232, 0, 0, 0, 1641, 5), "empty, inverted or not in its picture"),
    (("1200.jpg", 0, 1232, 0, 0, 0, 1, 1), "at least one pixel"),
    (("1200.jpg", 640, 480, 0, 0, 0, 1, 1), "its picture has another size in row 1"),
    (("1200.jpg", 1640, 1232, 2, 0, 0, 1, 1), "class 2 is neither"),
    (("../../x.jpg", 1640, 1232, 0, 0, 0, 1, 1), "no picture is called '../../x.jpg'"),
    ((None, 1640, 1232, 0, 0, 0, 1, 1), "image_name missing"),
]


def test_bad_rows_are_each_told_and_passed_over(
    original: Original,
    store: SqlStore,
    ours: str,
    migrated_postgres_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    original.add("arm001", "s1", [BEFORE[0], *(row for row, _ in BAD), BEFORE[2]])
    status, said, complaints = run(capsys, original.url, ours, "--skip-bad")
    assert status == 0
    assert f"1 sessions: 1 new; {len(BAD)} bad passed over." in said
    lines = complaints.splitlines()
    assert len(lines) == len(BAD)
    for number, (line, (_, why)) in enumerate(zip(lines, BAD, strict=True), start=2):
        assert line.startswith(f"bad: arm001.s1, row {number}: ")
        assert why in line
    images = store.load_images(sessions_of(migrated_postgres_url)["arm001.s1"])
    assert [image.position_pw for image in images] == [1000.0, 1200.0]


@pytest.mark.parametrize(("row", "why"), BAD[:1])
def test_without_leave_to_pass_over_it_stops_at_the_first_bad_row(
    original: Original,
    ours: str,
    migrated_postgres_url: str,
    capsys: pytest.CaptureFixture[str],
    row: Box,
    why: str,
) -> None:
    original.add("arm001", "s1", BEFORE)
    original.add("arm001", "s2", [BEFORE[0], row])
    status, _, said = run(capsys, original.url, ours)
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith("sorterbot: arm001.s2, row 2: ")
    assert why in said
    assert set(sessions_of(migrated_postgres_url)) == {"arm001.s1"}


def test_hostile_names_are_quoted_and_do_no_harm(
    original: Original,
    store: SqlStore,
    ours: str,
    migrated_postgres_url: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    original.add("arm001", HOSTILE, BEFORE)
    original.add(HOSTILE, "s1", BEFORE)
    original.add("arm001", "a\nb", BEFORE)
    original.add("arm001", "s3", [])
    status, said, complaints = run(capsys, original.url, ours, "--skip-bad")
    assert status == 0
    assert "4 sessions: 1 empty, 2 new; 1 bad passed over." in said
    assert "which" in complaints  # the schema is no arm's name
    assert complaints.count("\n") == 1
    assert {"arm001", HOSTILE} <= original.schemas()
    assert set(sessions_of(migrated_postgres_url)) == {f"arm001.{HOSTILE}", "arm001.a\nb"}


def test_other_tables_of_the_same_database_are_none_of_its_sessions(
    store: SqlStore,
    migrated_postgres_url: str,
    postgres_server: PostgresServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ours may lie in the very database that the original used."""
    url = migrated_postgres_url.replace("postgresql+psycopg2", "postgresql")
    original = Original(url)
    original.add("arm001", "s1", BEFORE)
    original.close()
    status, said, _ = run(capsys, url, f"--database-url={migrated_postgres_url}")
    assert status == 0
    assert "1 sessions: 1 new." in said


def test_a_database_that_is_not_there_is_one_sentence(
    ours: str, capsys: pytest.CaptureFixture[str], store: SqlStore
) -> None:
    status, _, said = run(capsys, "postgresql://nobody@127.0.0.1:1/none", ours)
    assert (status, said.count("\n")) == (1, 1)
    assert "the database did not answer" in said
