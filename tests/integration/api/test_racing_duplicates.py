from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.app import Gateway, Services, Settings, create_app
from api.keys import ARM_KEYS
from sorter.types import Arm
from storage.bootstrap import make_image_store, make_store
from storage.sql_store import SqlStore
from tests.fakes import FakeQueue
from tests.unit.api.picture_bytes import make_jpeg

pytestmark = pytest.mark.services

ARM_ID = "arm-1"
POSITIONS_PW = (1800, 1600, 1400, 1200, 1000)
N_REPEATS = 6


@pytest.fixture
def store(migrated_postgres_url: str) -> SqlStore:
    return make_store(migrated_postgres_url)


@pytest.fixture
def queue() -> FakeQueue:
    return FakeQueue()


@pytest.fixture
def app(store: SqlStore, queue: FakeQueue, tmp_path: Path) -> Gateway:
    return create_app(Services(store, make_image_store(tmp_path.as_uri()), queue), Settings())


@pytest.fixture
def headers(store: SqlStore) -> dict[str, str]:
    store.save_arm(Arm(ARM_ID))
    key = ARM_KEYS.make()
    store.save_key(key.key_id, ARM_ID, key.secret_sha256)
    return {"Authorization": f"Bearer {key.text}"}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(12) as pool:
        yield pool


def post(app: Gateway, headers: dict[str, str], path: str, **options: Any) -> tuple[int, Any]:
    response = app.test_client().post(path, headers=headers, **options)
    return response.status_code, json.loads(response.data)


def test_racing_duplicates_are_one_picture_and_the_last_one_closes_once(
    app: Gateway,
    headers: dict[str, str],
    pool: ThreadPoolExecutor,
    store: SqlStore,
    queue: FakeQueue,
) -> None:
    body = {"arm_id": ARM_ID, "expected_images": len(POSITIONS_PW)}
    _, session = post(app, headers, "/sessions", json=body)
    session_id = session["session_id"]
    calls = [
        pool.submit(
            post,
            app,
            headers,
            f"/sessions/{session_id}/images/{position_pw}",
            data=make_jpeg(grey=position_pw % 251),
        )
        for _ in range(N_REPEATS)
        for position_pw in POSITIONS_PW
    ]
    answers = [call.result() for call in calls]
    assert {status for status, _ in answers} == {202}
    assert len({answer["image_id"] for _, answer in answers}) == len(POSITIONS_PW)
    images = store.load_images(session_id)
    assert [image.index for image in images] == list(range(len(POSITIONS_PW)))
    assert sorted(m.image_id for m in queue.images) == sorted(i.image_id for i in images)
    [closing] = queue.closings
    assert closing.n_images == len(POSITIONS_PW)


def test_of_racing_different_pictures_at_one_position_one_is_taken(
    app: Gateway, headers: dict[str, str], pool: ThreadPoolExecutor, store: SqlStore
) -> None:
    _, session = post(app, headers, "/sessions", json={"arm_id": ARM_ID})
    path = f"/sessions/{session['session_id']}/images/1500"
    calls = [pool.submit(post, app, headers, path, data=make_jpeg(grey=grey)) for grey in range(12)]
    statuses = sorted(call.result()[0] for call in calls)
    assert statuses == [202] + [409] * 11
    assert len(store.load_images(session["session_id"])) == 1


def test_racing_openings_with_one_idempotency_key_are_one_session(
    app: Gateway, headers: dict[str, str], pool: ThreadPoolExecutor
) -> None:
    keyed = {**headers, "Idempotency-Key": "round-1"}
    calls = [pool.submit(post, app, keyed, "/sessions", json={"arm_id": ARM_ID}) for _ in range(12)]
    answers = [call.result() for call in calls]
    assert sorted(status for status, _ in answers) == [200] * 11 + [201]
    assert len({session["session_id"] for _, session in answers}) == 1


def test_racing_completions_close_once(
    app: Gateway, headers: dict[str, str], pool: ThreadPoolExecutor, queue: FakeQueue
) -> None:
    _, session = post(app, headers, "/sessions", json={"arm_id": ARM_ID})
    path = f"/sessions/{session['session_id']}/complete"
    calls = [pool.submit(post, app, headers, path) for _ in range(12)]
    assert {call.result()[0] for call in calls} == {200}
    assert len(queue.closings) == 1
