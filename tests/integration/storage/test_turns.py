"""Turns taken by many at once."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread

import pytest

from storage.records import FairShare, ImageRecord, NewImage
from storage.sql_store import SqlStore
from tests.contracts.turns import make_session_of
from tests.factories import make_detections, make_image_claim, make_new_image
from tests.integration.storage.races import at_once

pytestmark = pytest.mark.services

SHARE = FairShare(per_worker=5)


def test_racing_publishers_never_give_an_arm_more_than_its_share_nor_one_picture_two_turns(
    store: SqlStore,
) -> None:
    sessions = [make_session_of(store, "arm-1", 12) for _ in range(2)]
    asked = [None, *sessions, *sessions, *sessions, None, sessions[0]]
    taken = at_once([lambda s=s: store.take_turns(s, SHARE) for s in asked])
    ids = [image.image_id for images in taken for image in images]
    assert len(ids) == len(set(ids)) == 5


def test_racing_gateways_and_publishers_never_give_an_arm_more_than_its_share(
    store: SqlStore,
) -> None:
    sessions = [make_session_of(store, "arm-1", 0) for _ in range(3)]
    comes = [(sessions[k % 3], make_new_image(1000.0 + 10 * k)) for k in range(12)]

    def accept(session_id: str, new: NewImage) -> int:
        return int(store.accept_image(session_id, new, None, SHARE).has_turn)

    def take() -> int:
        return len(store.take_turns(None, SHARE))

    taken = at_once([partial(accept, *each) for each in comes] + [take] * 4)
    assert sum(taken) + take() == SHARE.per_worker
    assert take() == 0


def test_racing_workers_that_finish_and_take_turns_leave_nothing_behind(store: SqlStore) -> None:
    session_id = make_session_of(store, "arm-1", 40)
    queue: SimpleQueue[ImageRecord] = SimpleQueue()
    for image in store.take_turns(session_id, SHARE):
        queue.put(image)
    lengths: list[int] = []

    def work() -> None:
        while not queue.empty():
            with suppress(Empty):
                claim = make_image_claim(store, queue.get(block=False).image_id)
                store.save_detections(claim, make_detections(), "d@1")
                for image in store.take_turns(session_id, SHARE):
                    queue.put(image)
                lengths.append(queue.qsize())

    threads = [Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.load_session(session_id).n_detected == 40
    assert max(lengths) <= SHARE.per_worker
