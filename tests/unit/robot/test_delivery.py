from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.client import SessionRequest
from robot.delivery import Refusal, deliver, deliver_if_there
from robot.errors import GatewayAwayError, GatewayRefusedError
from robot.spool import Spool, SpooledSession
from tests.unit.robot.conftest import FakeTime, make_client
from tests.unit.robot.small_gateway import Fault, SmallGateway, running_gateway

POSITIONS_PW = (1800.0, 1600.0, 1400.0, 1200.0, 1000.0)

FAULTS = st.sampled_from(
    [
        Fault(503),
        Fault(503, {"Retry-After": "2"}),
        Fault(500),
        Fault(429),
        Fault(507),
        Fault(drops=True),
        Fault(drops=True, acts=True),
        Fault(503, acts=True),
        Fault(200, body=b"<html>guest network</html>"),
    ]
)


def picture_at(position_pw: float) -> bytes:
    return f"picture at {position_pw}".encode()


def open_session(folder: Path) -> SpooledSession:
    numbers = itertools.count()
    return Spool(folder, lambda: f"key-{next(numbers)}").open_session(SessionRequest("A"))


@pytest.fixture
def session(tmp_path: Path) -> SpooledSession:
    return open_session(tmp_path)


def all_known(gateway: SmallGateway, session: SpooledSession) -> set[bytes]:
    """Return every picture that is either with the gateway or still on the robot's disk."""
    return set(gateway.pictures.values()) | {p.load() for p in session.load_waiting()}


@given(
    faults=st.lists(FAULTS, max_size=12),
    order=st.permutations(POSITIONS_PW),
    total_s=st.sampled_from([0.0, 1.0, 1000.0]),
)
@settings(max_examples=15, deadline=None)
def test_no_picture_is_lost_and_none_leaves_the_disk_before_its_receipt(faults, order, total_s):
    with (
        running_gateway() as gateway,
        tempfile.TemporaryDirectory() as folder,
        make_client(gateway, FakeTime(), total_s) as client,
    ):
        session = open_session(Path(folder))
        gateway.faults.extend(faults)
        delivered: list[float] = []
        for n, position_pw in enumerate(order, start=1):
            session.save_picture(position_pw, picture_at(position_pw))
            try:
                deliver(session, client, on_delivered=lambda p, _: delivered.append(p.position_pw))
            except GatewayAwayError:
                session = SpooledSession.load(session.folder)  # as after a crash of the robot
            assert all_known(gateway, session) == {picture_at(p) for p in order[:n]}
            assert {f"{p:g}" for p in delivered} <= set(gateway.pictures)
        gateway.faults.clear()
        session.note_complete()
        deliver(session, client, on_delivered=lambda p, _: delivered.append(p.position_pw))
        assert gateway.pictures == {f"{p:g}": picture_at(p) for p in POSITIONS_PW}
        assert sorted(delivered) == sorted(POSITIONS_PW)
        assert session.load_waiting() == []
        assert gateway.is_complete
        assert len(gateway.sessions_by_key) == 1


def test_an_impatient_delivery_tries_once_and_leaves_everything_waiting(gateway, client, session):
    session.save_picture(1800.0, b"one")
    gateway.faults.append(Fault(503))
    assert deliver_if_there(session, client) is False
    assert len(gateway.requests) == 1
    assert len(session.load_waiting()) == 1
    assert deliver_if_there(session, client) is True
    assert session.load_waiting() == []


def test_a_session_is_completed_only_when_its_robot_says_so(gateway, client, session):
    session.save_picture(1800.0, b"one")
    deliver(session, client)
    assert not gateway.is_complete
    session.note_complete()
    deliver(session, client)
    assert gateway.is_complete


def test_a_picture_that_is_refused_keeps_no_other_from_being_sent(gateway, client, session):
    gateway.refused["1600"] = 415
    for position_pw in POSITIONS_PW:
        session.save_picture(position_pw, picture_at(position_pw))
    session.note_complete()
    delivery = deliver(session, client)
    assert delivery.refused == (Refusal(1600.0, "never"),)
    assert delivery.n_sent == 4
    assert gateway.is_complete
    assert (session.folder / "1600.refused").read_bytes() == picture_at(1600.0)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_that_no_longer_opens_leaves_every_picture_waiting(gateway, client, session, status):
    gateway.refused["1800"] = status
    session.save_picture(1800.0, b"one")
    with pytest.raises(GatewayRefusedError):
        deliver(session, client)
    assert len(session.load_waiting()) == 1
