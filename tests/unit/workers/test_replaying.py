from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sorter.errors import InvalidInputError, TransientError
from storage.views import Replay, ReplayState
from tests.fakes import FakeDetector
from tests.unit.workers.world import World, make_detections
from workers.detecting import detect_image
from workers.replaying import Replaying, run_next, run_replay, serve_replays
from workers.sorting import sort_session

USUAL = make_detections(
    (20, 20, 50, 50, 0, 0.9), (20, 150, 50, 180, 0, 0.8), (150, 60, 290, 200, 1, 0.95)
)
ONE_ITEM_LESS = make_detections((20, 20, 50, 50, 0, 0.9), (150, 60, 290, 200, 1, 0.95))


class Other:
    """A world with a session that is done, and the models to replay it with, by name."""

    def __init__(self) -> None:
        self.world = World()
        self.world.detector.found = USUAL
        self.session_id = self.world.open_session()
        for data in (None, b"\xff\xd8\xff broken"):
            image = self.world.add_picture(self.session_id, data)
            detect_image(image.image_id, self.session_id, self.world.services)
        self.world.store.seal_session(self.session_id)
        sort_session(self.session_id, self.world.services)
        self.asked: list[str] = []
        self.other = FakeDetector(ONE_ITEM_LESS)
        self.using = self.make_using(self.load_detector)

    def make_using(self, load_detector: Callable[[str], Any]) -> Replaying:
        return Replaying(
            self.world.store,
            self.world.images,
            load_detector,
            lambda _: self.world.embedder,
            sleep=self.world.naps.append,
        )

    def load_detector(self, name: str) -> FakeDetector:
        self.asked.append(name)
        return self.other

    def replays(self) -> list[Replay]:
        return self.world.store.load_replays(self.session_id)


@pytest.fixture
def other() -> Other:
    return Other()


def test_a_replay_tells_what_the_other_models_would_change(other: Other) -> None:
    other.world.store.ask_replay(other.session_id, "next", "")
    assert run_next(other.using)
    (ended,) = other.replays()
    assert other.asked == ["next"]
    assert ended.state is ReplayState.DONE
    assert ended.result is not None
    assert len(ended.result["changes"]["kept"]) == 1
    assert len(ended.result["changes"]["lost"]) == 1
    assert ended.result["models"] == {"detector": "fake-detector@1", "embedder": "fake-embedder@1"}
    assert not run_next(other.using)


def test_the_same_models_change_nothing_and_the_session_stays_as_it_was(other: Other) -> None:
    store = other.world.store
    other.other.found = USUAL
    before = (store.load_plan(other.session_id), store.load_events(other.session_id))
    store.ask_replay(other.session_id, "", "")
    run_next(other.using)
    (ended,) = other.replays()
    assert ended.result is not None
    assert ended.result["plan"] == before[0]
    assert not any(ended.result["changes"][kind] for kind in ("moved", "lost", "gained"))
    assert (store.load_plan(other.session_id), store.load_events(other.session_id)) == before


def raising(error: Exception) -> Callable[[str], Any]:
    def load(_: str) -> Any:
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (InvalidInputError("there is no package 'x'"), "there is no package 'x'"),
        (ValueError("a model's own"), "ValueError: a model's own"),
    ],
)
def test_a_replay_that_cannot_be_made_says_why_and_the_next_one_runs(
    other: Other, error: Exception, says: str
) -> None:
    for name in ("first", "second"):
        other.world.store.ask_replay(other.session_id, name, "")
    assert run_next(other.make_using(raising(error)))
    assert run_next(other.using)
    second, first = other.replays()
    assert (first.state, first.failure) == (ReplayState.FAILED, says)
    assert second.state is ReplayState.DONE


def test_a_session_without_commands_has_nothing_to_compare_with(other: Other) -> None:
    session_id = other.world.open_session()
    other.world.store.ask_replay(session_id, "", "")
    run_next(other.using)
    (ended,) = other.world.store.load_replays(session_id)
    assert ended.failure == "the session has no commands to compare with"


def test_who_asked_and_began_a_replay_runs_it_though_others_serve(other: Other) -> None:
    asked = other.world.store.ask_replay(other.session_id, "a/path", "", is_begun=True)
    assert not run_next(other.make_using(raising(InvalidInputError("no package is called so"))))
    run_replay(asked, other.using)
    (ended,) = other.replays()
    assert (ended.state, other.asked) == (ReplayState.DONE, ["a/path"])


def test_who_serves_runs_all_that_is_wished_and_waits_out_an_outage(other: Other) -> None:
    store = other.world.store
    for name in ("a", "b"):
        store.ask_replay(other.session_id, name, "")
    rounds: list[int] = []

    def is_over() -> bool:
        rounds.append(len(rounds))
        store.is_down = len(rounds) == 1
        return len(rounds) > 4

    serve_replays(other.using, is_over)
    assert other.asked == ["a", "b"]
    assert len(other.world.naps) == 2  # for the outage, and where nothing was left
    store.is_down = True
    with pytest.raises(TransientError):
        run_next(other.using)
