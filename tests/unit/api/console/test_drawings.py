from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.console.drawings import AT_ONCE, MOST_WAITING, Drawings, drawing_name
from api.errors import QueueFullError
from sorter.errors import InvalidInputError, TransientError
from tests.fake_store import FakeImageStore

NAME = drawing_name("0" * 32, "small", "a picture")
SOON_S = 20


class Pen:
    """Draws when it is let, and counts."""

    def __init__(self) -> None:
        self.n = 0
        self.at_once = self.most_at_once = 0
        self.begun, self.go = threading.Event(), threading.Event()
        self._lock = threading.Lock()

    def draw(self) -> bytes:
        with self._lock:
            self.n += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.set()
        assert self.go.wait(SOON_S)
        with self._lock:
            self.at_once -= 1
        return b"drawn"


@pytest.fixture
def images() -> FakeImageStore:
    return FakeImageStore()


@pytest.fixture
def pen() -> Pen:
    return Pen()


def test_a_drawing_is_made_once_and_kept_beside_its_session(
    images: FakeImageStore, pen: Pen
) -> None:
    pen.go.set()
    assert Drawings(images).get(NAME, pen.draw) == b"drawn"
    assert Drawings(images).get(NAME, pen.draw) == b"drawn"
    assert pen.n == 1
    assert list(images.images) == [NAME]
    assert NAME.startswith("0" * 32 + "/")


def test_other_ingredients_make_another_drawing() -> None:
    names = {drawing_name("s", kind, of) for kind in ("small", "table") for of in ("a", "b")}
    assert len(names) == 4


def test_no_more_are_drawn_at_once_than_may_be(images: FakeImageStore, pen: Pen) -> None:
    drawings = Drawings(images, at_once=2, most_waiting=4)
    names = [drawing_name("s", "small", str(n)) for n in range(6)]
    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(drawings.get, name, pen.draw) for name in names]
        pen.go.set()
        assert {one.result(SOON_S) for one in asked} == {b"drawn"}
    assert pen.n == 6
    assert pen.most_at_once <= 2


def test_who_finds_no_place_to_wait_is_asked_to_come_again(
    images: FakeImageStore, pen: Pen
) -> None:
    drawings = Drawings(images, at_once=1, most_waiting=0)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(drawings.get, NAME, pen.draw)
        assert pen.begun.wait(SOON_S)
        with pytest.raises(QueueFullError) as refused:
            drawings.get(drawing_name("s", "small", "another"), pen.draw)
        pen.go.set()
        assert first.result(SOON_S) == b"drawn"
    assert refused.value.retry_after_s >= 1
    assert drawings.get(drawing_name("s", "small", "another"), pen.draw) == b"drawn"


def test_a_drawing_that_cannot_be_kept_is_shown_all_the_same(
    images: FakeImageStore, pen: Pen
) -> None:
    pen.go.set()
    images.is_full = True
    assert Drawings(images).get(NAME, pen.draw) == b"drawn"


def test_a_place_is_free_again_after_a_drawing_that_failed(images: FakeImageStore) -> None:
    def fail() -> bytes:
        raise InvalidInputError("damaged")

    drawings = Drawings(images)
    for _ in range(AT_ONCE + MOST_WAITING + 1):
        with pytest.raises(InvalidInputError):
            drawings.get(NAME, fail)


def test_a_store_that_does_not_answer_is_told_as_such(images: FakeImageStore, pen: Pen) -> None:
    images.is_down = True
    with pytest.raises(TransientError):
        Drawings(images).get(NAME, pen.draw)
    assert pen.n == 0
