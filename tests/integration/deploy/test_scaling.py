"""What scales the workers asks real servers, and is told how much is to be done."""

from __future__ import annotations

import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from storage.bootstrap import make_store
from storage.ports import Store
from tests.factories import make_detections, make_image_claim, make_session
from tests.unit.deploy.test_keda import trigger
from workers.queue import CeleryQueue

pytestmark = pytest.mark.services


def answer(database_url: str) -> int:
    """Return what KEDA is told."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        found: int = connection.execute(
            text(trigger("postgresql")["metadata"]["query"])
        ).scalar_one()
    engine.dispose()
    return found


def finish_one(store: Store, session_id: str) -> None:
    claim = make_image_claim(store, store.load_images(session_id)[0].image_id)
    store.save_detections(claim, make_detections(), "test@1")


def test_the_pictures_that_nobody_has_read_are_counted_and_those_in_hand_too(
    migrated_postgres_url: str,
) -> None:
    store = make_store(migrated_postgres_url)
    session = make_session(store, 5)
    assert answer(migrated_postgres_url) == 5
    finish_one(store, session.session_id)
    assert answer(migrated_postgres_url) == 4
    make_image_claim(store, store.load_images(session.session_id)[1].image_id)
    assert answer(migrated_postgres_url) == 4 == store.load_backlog().n_waiting


def test_what_the_gateway_publishes_makes_the_list_longer_that_keda_measures(
    redis_url: str,
) -> None:
    watched = trigger("redis")["metadata"]
    queue = CeleryQueue(redis_url, redis_url.removesuffix("/0") + "/1")
    with Redis.from_url(redis_url, db=int(watched["databaseIndex"])) as client:
        for index in range(3):
            queue.publish_image("s1", f"i{index}", index, "r1")
        assert client.llen(watched["listName"]) == 3 == queue.load_lengths().gpu
    queue.close()
