"""A change that was made although nobody heard of it: each caller ends as if it had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.faults.unreliable_store import AnswerLostError, unreliable_store
from storage.records import ImageState, SessionState
from tests.unit.workers.world import World
from workers.detecting import detect_image
from workers.services import Services
from workers.sorting import sort_session


class LosesOneAnswer:
    """Lets the first answer of one method never arrive."""

    def __init__(self, method: str) -> None:
        self._method = method
        self.n_lost = 0

    def before(self, method: str) -> None:
        pass

    def after(self, method: str) -> None:
        if method == self._method and not self.n_lost:
            self.n_lost += 1
            raise AnswerLostError(method)


def _losing(services: Services, method: str) -> tuple[Services, LosesOneAnswer]:
    strikes = LosesOneAnswer(method)
    return replace(services, store=unreliable_store(services.store, strikes)), strikes


@pytest.mark.parametrize("method", ["claim_image", "save_detections"])
def test_a_picture_is_detected_at_its_first_attempt_whichever_answer_is_lost(method: str) -> None:
    world = World()
    image = world.add_picture(world.open_session())
    services, strikes = _losing(world.services, method)
    assert detect_image(image.image_id, image.session_id, services)
    assert strikes.n_lost == 1
    assert (world.image(image).state, world.image(image).attempt) == (ImageState.DETECTED, 1)


@pytest.mark.parametrize("method", ["claim_session", "load_photographs", "save_plan"])
def test_a_session_is_sorted_at_its_first_attempt_whichever_answer_is_lost(method: str) -> None:
    world = World()
    session_id = world.open_session()
    image = world.add_picture(session_id)
    assert detect_image(image.image_id, session_id, world.services)
    world.store.seal_session(session_id)
    services, strikes = _losing(world.services, method)
    sort_session(session_id, services)
    assert strikes.n_lost == 1
    assert world.session(session_id).state is SessionState.DONE
    kinds = [event.kind for event in world.store.load_events(session_id)]
    assert (kinds.count("session.sorting"), kinds.count("session.done")) == (1, 1)
