"""What the gateway puts onto the queue, and what it leaves for later."""

from __future__ import annotations

from storage.records import FairShare
from tests.unit.api.gateway import ARM_ID, FakeGateway


def test_an_arm_that_floods_has_its_share_on_the_queue_and_another_comes_at_once() -> None:
    gateway = FakeGateway(share=FairShare(per_worker=2), max_waiting_images=100)
    flood = gateway.open_session()
    for position in range(1000, 1010):
        assert gateway.post_image(flood, position).status_code == 202
    other_headers = gateway.make_key_headers("arm-2")
    answer = gateway.client.post("/sessions", json={"arm_id": "arm-2"}, headers=other_headers)
    other = answer.get_json()["session_id"]
    answer = gateway.post_image(other, headers=other_headers)
    assert answer.status_code == 202
    queued = [(message.session_id, message.index) for message in gateway.queue.images]
    assert queued == [(flood, 0), (flood, 1), (other, 0)]


def test_what_is_held_back_is_published_under_its_own_request() -> None:
    gateway = FakeGateway(share=FairShare(per_worker=1))
    session_id = gateway.open_session()
    gateway.post_image(session_id, 1000, headers={"X-Request-Id": "first"})
    gateway.post_image(session_id, 1100, headers={"X-Request-Id": "second"})
    gateway.detect(session_id)
    gateway.post_image(gateway.open_session(), 1200, headers={"X-Request-Id": "third"})
    assert [message.request_id for message in gateway.queue.images] == ["first", "third"]
    assert gateway.store.load_arm(ARM_ID)


def test_the_last_expected_picture_seals_its_session_though_it_is_held_back() -> None:
    gateway = FakeGateway(share=FairShare(per_worker=1))
    session_id = gateway.open_session(expected_images=2)
    for position in (1000, 1100):
        gateway.post_image(session_id, position)
    assert [message.index for message in gateway.queue.images] == [0]
    assert [closing.n_images for closing in gateway.queue.closings] == [2]
