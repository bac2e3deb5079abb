from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random

import pytest

from robot.client import GatewayClient, SessionRequest, connect
from robot.errors import GatewayAwayError, GatewayRefusedError
from robot.retrying import Patience
from sorter.errors import InvalidInputError
from sorter.types import Arm
from tests.unit.robot.small_gateway import SESSION_ID, Fault, SmallGateway

AWAY = [
    Fault(502),
    Fault(503),
    Fault(504),
    Fault(507),
    Fault(500),
    Fault(429),
    Fault(drops=True),
    Fault(drops=True, acts=True),
    Fault(200, body=b"<html>log in to the guest network</html>"),
    Fault(200, body=b"[]"),
    Fault(200, body=b"{}"),
    Fault(202, body=b'{"image_id": "i", "index": 0, "sha256": "of other bytes"}'),
]


@pytest.mark.parametrize("fault", AWAY, ids=lambda fault: f"{fault.status}-{fault.drops}")
def test_a_picture_is_posted_again_while_the_gateway_is_away(gateway, client, fake_time, fault):
    gateway.faults.extend([fault, fault])
    receipt = client.post_image(SESSION_ID, 1800.0, b"picture")
    assert gateway.pictures == {"1800": b"picture"}
    assert receipt.image_id == "image-0"
    assert len(fake_time.pauses_s) == 2


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 413, 415, 422])
def test_a_refusal_carries_the_gateways_reason_and_is_not_repeated(gateway, client, status):
    gateway.faults.append(Fault(status))
    with pytest.raises(GatewayRefusedError) as caught:
        client.post_image(SESSION_ID, 1800.0, b"picture")
    assert (caught.value.status, caught.value.detail) == (status, "not now")
    assert caught.value.kind == "urn:sorterbot:problem:x"
    assert len(gateway.requests) == 1


def test_a_refusal_without_a_problem_document_still_has_a_reason(gateway, client):
    gateway.faults.append(Fault(404, body=b"nginx"))
    with pytest.raises(GatewayRefusedError, match="Not Found"):
        client.load_session(SESSION_ID)


@pytest.mark.parametrize(
    ("headers", "at_least_s"),
    [
        ({"Retry-After": "7"}, 7.0),
        (
            {
                "Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT",
                "Date": "Fri, 31 Dec 1999 23:59:30 GMT",
            },
            29.0,
        ),
        ({"Retry-After": "soon"}, 0.0),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 -0000"}, 0.0),
    ],
)
def test_the_pause_is_as_long_as_the_gateway_asks(gateway, client, fake_time, headers, at_least_s):
    gateway.faults.append(Fault(503, headers))
    client.load_session(SESSION_ID)
    assert at_least_s <= fake_time.now_s <= at_least_s * 1.2 + 0.2


def test_a_gateway_that_nobody_runs_is_away(fake_time):
    with (
        connect(
            "http://127.0.0.1:9",
            "key",
            rng=Random(0),
            patience=Patience(total_s=5),
            sleep=fake_time.sleep,
            monotonic_s=fake_time.monotonic_s,
        ) as client,
        pytest.raises(GatewayAwayError, match="does not answer"),
    ):
        client.load_session(SESSION_ID)
    assert len(fake_time.pauses_s) > 2


@pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://host", "http://", "http://host:port", ""])
def test_an_address_that_is_none_is_told_at_once(url):
    with pytest.raises(InvalidInputError, match="address"):
        connect(url, "key", rng=Random(0))


def test_every_call_carries_the_key(gateway, client):
    client.load_session(SESSION_ID)
    assert gateway.headers[0]["Authorization"] == "Bearer sb_key"


def test_an_arm_is_registered_with_all_its_geometry(gateway, client):
    assert client.register_arm(Arm("LEFT", calibration_id="c1"))["arm_id"] == "LEFT"
    assert gateway.requests == [("PUT", "/arms/LEFT")]
    sent = json.loads(gateway.bodies[0])
    assert "arm_id" not in sent
    assert sent["geometry"]["radius_px"] == 1500.0
    assert sent["calibration_id"] == "c1"
    assert sent["calibrated_at"] is None


def test_an_arm_is_registered_in_the_words_of_the_wire(gateway, client):
    calibrated_at = datetime(2026, 7, 1, 8, tzinfo=UTC)
    client.register_arm(Arm("LEFT", calibrated_at=calibrated_at, leaves_unsure=True))
    sent = json.loads(gateway.bodies[0])
    assert (sent["calibrated_at"], sent["leave_unsure"]) == ("2026-07-01T08:00:00+00:00", True)
    assert "leaves_unsure" not in sent


def test_a_session_is_opened_once_however_often_it_is_asked_for(gateway, client):
    gateway.faults.append(Fault(drops=True, acts=True))
    status = client.open_session(SessionRequest("LEFT", expected_images=5), "key-1")
    assert gateway.sessions_by_key == {"key-1": status.session_id}
    assert json.loads(gateway.bodies[-1])["expected_images"] == 5


def test_a_position_is_written_without_losing_digits(gateway, client):
    client.post_image(SESSION_ID, 1234.5678, b"x")
    client.post_image(SESSION_ID, 1000.0, b"x")
    assert list(gateway.pictures) == ["1234.5678", "1000"]


def test_waiting_for_a_plan_tells_of_progress_until_it_comes(gateway, client, fake_time):
    gateway.plan_after = 3
    seen: list[str] = []
    plan = client.await_plan(SESSION_ID, wait_s=1.0, on_status=lambda s: seen.append(s.stage))
    assert plan == {"commands": []}
    assert seen == ["detecting"] * 3
    assert gateway.requests[0][1] == f"/sessions/{SESSION_ID}/commands?wait=1"
    assert len(fake_time.pauses_s) == 3  # the answers came at once, so it paused by itself


def test_waiting_for_a_plan_ends_in_time_and_says_what_the_session_waits_for(gateway, client):
    gateway.plan_after = 10**6
    with pytest.raises(GatewayAwayError, match="no plan within 5 s: it waits"):
        client.await_plan(SESSION_ID, within_s=5.0)


def test_a_failed_session_is_a_refusal(gateway, client):
    gateway.faults.append(Fault(409, body=b'{"type":"t","detail":"no picture could be read"}'))
    with pytest.raises(GatewayRefusedError, match="no picture could be read"):
        client.await_plan(SESSION_ID)


def test_outcomes_are_told_as_they_are(gateway, client):
    outcomes = [{"command": 0, "result": "picked"}, {"command": 1, "result": "missed"}]
    assert client.report_outcomes(SESSION_ID, outcomes)["outcomes"] == outcomes


@pytest.mark.parametrize("fault", [None, Fault(503), Fault(404), Fault(drops=True)])
def test_readiness_is_asked_once(gateway, client, fault):
    gateway.faults.extend([fault] if fault else [])
    assert client.is_ready() is (fault is None)
    assert len(gateway.requests) == 1


def event(number: int) -> bytes:
    return f'id: {number}\nevent: image_detected\ndata: {{"n": {number}}}\n\n'.encode()


def test_events_come_once_each_over_as_many_connections_as_it_takes(gateway, client):
    gateway.events = [b"retry: 1000\n\n" + event(1) + event(2), event(3) + b"id: 4\ndata:", b""]
    gateway.events += [b": still here\n\n", event(4)]
    gateway.faults.extend([Fault(503)])
    told = [(e.event_id, e.kind, e.data) for e in client.follow_events(SESSION_ID)]
    assert told == [(n, "image_detected", {"n": n}) for n in (1, 2, 3, 4)]
    assert [h["Last-Event-ID"] for h in gateway.headers] == ["0", "0", "2", "3", "3", "3", "4"]


def test_an_event_stream_of_nonsense_is_taken_up_again(gateway, client):
    gateway.events = [b"id: one\ndata: {}\n\n", b"id: 1\ndata: {\n\n", event(1)]
    assert [e.event_id for e in client.follow_events(SESSION_ID)] == [1]


def test_events_of_a_session_that_is_not_ones_own_are_refused(gateway, client):
    gateway.faults.append(Fault(404))
    with pytest.raises(GatewayRefusedError):
        next(client.follow_events(SESSION_ID))


def test_a_client_speaks_one_arms_key_from_several_threads(
    gateway: SmallGateway, client: GatewayClient
):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: client.post_image(SESSION_ID, n, b"%d" % n), range(16)))
    assert {float(p) for p in gateway.pictures} == set(range(16))
