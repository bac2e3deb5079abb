"""The feed of the original's control panel, over real HTTP and from a real database."""

from __future__ import annotations

import logging.handlers
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from uuid import uuid4

import pytest

from sorter.errors import InvalidInputError, TransientError
from storage.engine import make_engine
from storage.feeds import FeedEvent
from storage.image_folder import ImageFolder
from storage.records import Event
from storage.robot_sessions import RobotSession
from storage.sql_store import SqlStore
from tests.factories import (
    JPEG,
    make_new_image,
    make_plan,
    make_ready_session,
    make_session,
    make_session_claim,
)
from tests.panel import FakePanel, Line
from workers.panel import ControlPanel, PanelBusyError, RecordRefusedError, busy_pause_s
from workers.panel_records import PanelRecord, log_record, panel_records
from workers.telling import tell_panel

pytestmark = pytest.mark.services

N_SESSIONS = 4


def eventually(holds: Callable[[], bool], within_s: float = 120.0) -> None:
    """Wait for a condition; a busy machine may take long."""
    began_s = time.monotonic()
    while not holds():
        assert time.monotonic() - began_s < within_s, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def store(migrated_postgres_url: str) -> Iterator[SqlStore]:
    engine = make_engine(migrated_postgres_url)
    yield SqlStore(engine, make_id=lambda: uuid4().hex)
    engine.dispose()


@contextmanager
def feeding(variables: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the process that feeds."""
    with (
        log.open("ab") as out,
        subprocess.Popen(
            [sys.executable, "-m", "workers.feeds"],
            env={**os.environ, **variables},
            stdout=out,
            stderr=out,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def sort_session(store: SqlStore, name: str) -> str:
    """Let a session of the panel's go from its first picture to its plan; return its id."""
    session = make_ready_session(store, idempotency_key=RobotSession(name).key)
    store.save_plan(make_session_claim(store, session.session_id), make_plan())
    return session.session_id


def expected(store: SqlStore, session_id: str) -> list[Line]:
    """Return all that the panel is to hold of a session, in order."""
    session = store.load_session(session_id)
    return [
        Line(record.log_type, record.bm_id or 0, record.text, logging.getLevelName(record.level))
        for event in store.load_events(session_id)
        for record in panel_records(
            FeedEvent(event, session.arm.arm_id, session.idempotency_key), in_bucket=False
        )
    ]


@pytest.mark.timeout(600)
def test_a_panel_that_throttles_and_dies_gets_every_record_in_order_from_feeds_that_die(
    store: SqlStore, migrated_postgres_url: str, tmp_path: Path
) -> None:
    names = [f"S{number}" for number in range(1, N_SESSIONS + 1)]
    panel = FakePanel(set(names))
    panel.come()
    variables = {
        "SORTERBOT_DATABASE_URL": migrated_postgres_url,
        "CONTROL_PANEL_HOST": panel.host,
        "SORTERBOT_ALIVE_FILE": str(tmp_path / "alive"),
    }
    make_session(store, 2)  # no panel knows it
    make_session(store, 1, idempotency_key=RobotSession("S999").key)  # nor does this one
    make_session(store, 1, idempotency_key=RobotSession("S1", is_after=True).key)
    ids = {name: sort_session(store, name) for name in names[:2]}
    log = tmp_path / "feeds.log"
    try:
        with feeding(variables, log) as first, feeding(variables, log) as second:
            eventually(lambda: panel.n_lines >= 5)
            panel.go()
            ids |= {name: sort_session(store, name) for name in names[2:]}
            time.sleep(3)
            panel.come()
            n_before = panel.n_lines
            eventually(lambda: panel.n_lines >= n_before + 5)
            first.send_signal(signal.SIGKILL)
            n_before = panel.n_lines
            eventually(lambda: panel.n_lines >= n_before + 5)
            second.send_signal(signal.SIGKILL)
        with feeding(variables, log) as third:
            wanted = {name: expected(store, session_id) for name, session_id in ids.items()}
            eventually(lambda: panel.n_lines >= sum(len(lines) for lines in wanted.values()))
            eventually(lambda: all(panel.lines[name][-1:] == wanted[name][-1:] for name in names))
            third.send_signal(signal.SIGTERM)
            assert third.wait(20) == 0
        assert (tmp_path / "alive").exists()
    finally:
        panel.go()
    assert set(panel.lines) == set(names)
    for name in names:
        # At least once, and an event's records together: what a dead feed had sent of an event
        # comes again with it.
        assert in_order_with_repeats(panel.lines[name], wanted[name])
    n_repeats = panel.n_lines - sum(len(lines) for lines in wanted.values())
    assert n_repeats <= 3 * 2  # each end, the panel's too, repeats one event of two records
    assert panel.n_failed > 0  # it was asked about the session that it does not know
    assert b"event not told" not in log.read_bytes()


@pytest.mark.parametrize(
    ("named", "kind", "n_lines"),
    [
        (RobotSession("S1"), "session.sorting", 1),
        (RobotSession("S1"), "panorama.saved", 2),
        (RobotSession("S1", is_after=True), "panorama.saved", 2),
        (RobotSession("S1", is_after=True), "session.sorting", 0),
        (RobotSession("somebody-s-own"), "session.sorting", 0),
        (None, "session.sorting", 0),
    ],
)
def test_a_panel_hears_of_its_own_sessions_and_of_both_panoramas(
    named: RobotSession | None, kind: str, n_lines: int
) -> None:
    event = Event(1, "s", kind, {"attempt": 1, "which": "after"}, datetime(2026, 3, 1, tzinfo=UTC))
    told = FeedEvent(event, "arm-1", None if named is None else named.key)
    with FakePanel({"S1"}) as panel:
        tell_panel(told, ControlPanel(panel.host).send, in_bucket=False)
    assert panel.n_lines == len(panel.raw) == n_lines


def in_order_with_repeats(found: list[Line], wanted: list[Line]) -> bool:
    """Whether all came in order; a stretch may come again before what follows it."""
    at = 0
    for line in found:
        if at < len(wanted) and line == wanted[at]:
            at += 1
        elif line in wanted[max(0, at - 2) : at]:
            at = wanted.index(line, max(0, at - 2)) + 1
        else:
            return False
    return at == len(wanted)


def test_a_record_is_sent_byte_for_byte_as_python_s_logging_sends_it() -> None:
    event = Event(1, "s", "session.sorting", {"attempt": 1}, datetime(2026, 3, 1, tzinfo=UTC))
    record = log_record(
        PanelRecord("comm_gen", "Größe 100% & 'quoted'", 10), FeedEvent(event, "arm-1", None), "S1"
    )
    with FakePanel({"S1"}) as panel:
        logging.handlers.HTTPHandler(panel.host, "/log/", method="POST").emit(record)
        ControlPanel(panel.host).send(record)
    theirs, ours = panel.raw
    assert ours == theirs
    assert panel.lines["S1"] == [Line("comm_gen", 10, "Größe 100% & 'quoted'", "INFO")] * 2


def test_more_than_the_panel_takes_is_refused_and_more_than_that_is_not_sent() -> None:
    event = Event(1, "s", "session.sorting", {"attempt": 1}, datetime(2026, 3, 1, tzinfo=UTC))
    record = log_record(PanelRecord("comm_gen", "text", 10), FeedEvent(event, "arm-1", None), "S1")
    with FakePanel({"S1"}) as panel:
        hasty = ControlPanel(panel.host, clock_s=lambda: 0.0, sleep=lambda _: None)
        with pytest.raises(PanelBusyError, match="busy for 1 s"):
            deque(map(hasty.send, repeat(record, 1000)), maxlen=0)
        time.sleep(1.1)
        patient, n_before = ControlPanel(panel.host), panel.n_throttled
        for _ in range(20):
            patient.send(record)
        assert panel.n_throttled == n_before


def test_a_panel_that_is_not_there_may_come_back_and_a_record_may_be_refused() -> None:
    event = Event(1, "s", "session.sorting", {"attempt": 1}, datetime(2026, 3, 1, tzinfo=UTC))
    record = log_record(PanelRecord("comm_gen", "text", 10), FeedEvent(event, "arm-1", None), "S2")
    panel = FakePanel({"S1"})
    panel.come()
    with pytest.raises(RecordRefusedError, match="500"):
        ControlPanel(panel.host).send(record)
    panel.go()
    with pytest.raises(TransientError, match="did not answer"):
        ControlPanel(panel.host).send(record)


@pytest.mark.parametrize(
    ("said", "pause_s"),
    [("3", 3.0), ("0", 0.0), ("3600", 60.0), (None, 1.0), ("-1", 1.0), ("nan", 1.0),
     ("Wed, 21 Oct 2026 07:28:00 GMT", 1.0)],
)  # fmt: skip
def test_a_busy_panel_s_wish_is_heeded_within_bounds(said: str | None, pause_s: float) -> None:
    assert busy_pause_s(said) == pause_s


@pytest.mark.parametrize(
    "host",
    ["http://panel:8000", "panel/log", "panel:port", "", "a b", "panel:8000@evil", "p\r\nX",
     "panel:65536", "panel:0", "a..b:80", ".", "a" * 64 + ":80"],
)  # fmt: skip
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(InvalidInputError, match="CONTROL_PANEL_HOST is name:port"):
        ControlPanel(host)


@pytest.mark.parametrize("host", ["panel", "a.b-c.d.:8000", "10.0.0.7:65535", "[::1]:8000"])
def test_a_host_that_is_one_is_taken(host: str) -> None:
    ControlPanel(host)


def test_pictures_get_the_original_s_names_beside_their_own(
    store: SqlStore, migrated_postgres_url: str, tmp_path: Path
) -> None:
    images = ImageFolder(tmp_path / "images")
    before, after = RobotSession("S12"), RobotSession("S12", is_after=True)
    wanted: dict[str, bytes] = {}
    for key, name in ((before.key, "S12/1200.jpg"), (after.key, "S12/after_1200.jpg")):
        data = JPEG + name.encode()
        session = make_session(store, idempotency_key=key)
        kept = images.save_image(session.session_id, data)
        new = make_new_image(1200.0, data)
        store.accept_image(session.session_id, replace(new, key=kept), None)
        wanted[f"arm-1/{name}"] = data
    variables = {
        "SORTERBOT_DATABASE_URL": migrated_postgres_url,
        "SORTERBOT_IMAGE_STORE": (tmp_path / "images").as_uri(),
        "SORTERBOT_ORIGINAL_NAMES": "1",
    }
    with feeding(variables, tmp_path / "log") as process:
        eventually(
            lambda: (
                process.poll() is not None
                or all((tmp_path / "images" / name).exists() for name in wanted)
            )
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, (tmp_path / "log").read_text()
    assert {name: images.load_named(name) for name in wanted} == wanted
