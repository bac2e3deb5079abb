from __future__ import annotations

import hashlib

import pytest

from tests.picture_corpus import CORPUS, MAX_BYTES, MAX_PIXELS, TAKEN
from tests.unit.api.gateway import FakeGateway, problem_of

STATUSES = {
    "not-a-picture": 415,
    "damaged-picture": 422,
    "too-many-pixels": 422,
    "out-of-range": 422,
    "request-entity-too-large": 413,
}


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway(max_image_bytes=MAX_BYTES, max_image_pixels=MAX_PIXELS)


@pytest.mark.parametrize("name", CORPUS)
def test_each_odd_picture_is_taken_whole_or_refused_with_one_answer(
    gateway: FakeGateway, name: str
) -> None:
    odd = CORPUS[name]
    data = odd.make()
    session_id = gateway.open_session()
    response = gateway.post_image(session_id, data=data)
    if odd.verdict == TAKEN:
        assert response.status_code == 202, response.data
        assert response.get_json()["sha256"] == hashlib.sha256(data).hexdigest()
        assert list(gateway.images.images.values()) == [data], "as it came, and as a whole"
    else:
        problem_of(response, STATUSES[odd.verdict], odd.verdict)
        assert gateway.images.images == {}
        assert gateway.store.load_images(session_id) == []
