"""The site's figures: what there is, how long it has waited, how fast it goes."""

from __future__ import annotations

import pytest

from storage.figures import SiteFigures
from storage.records import ImageState, SessionState
from tests.contracts.memory import Memory
from tests.factories import (
    make_detections,
    make_image_claim,
    make_ready_session,
    make_session,
    make_session_claim,
    make_sorted_session,
)


def figures(memory: Memory) -> SiteFigures:
    return memory.store.load_figures(alive_within_s=5.0)


class FiguresContract:
    def test_an_empty_site_has_nothing_that_waits(self, memory: Memory) -> None:
        assert figures(memory) == SiteFigures({}, {}, 0.0, 0.0, None, None, None, 0, {})

    def test_sessions_are_counted_by_state_and_forgotten_an_hour_after_they_began(
        self, memory: Memory
    ) -> None:
        make_sorted_session(memory.store)
        memory.let_pass(3700)
        make_session(memory.store)
        sorting = make_ready_session(memory.store)
        make_session_claim(memory.store, sorting.session_id)
        make_sorted_session(memory.store)
        assert figures(memory).sessions == {
            SessionState.OPEN: 1,
            SessionState.SORTING: 1,
            SessionState.DONE: 1,
        }
        memory.let_pass(3700)
        assert figures(memory).sessions == {SessionState.OPEN: 1, SessionState.SORTING: 1}

    def test_pictures_wait_from_when_they_came_until_somebody_claims_them(
        self, memory: Memory
    ) -> None:
        session = make_session(memory.store, 2)
        memory.let_pass(7)
        first, second = memory.store.load_images(session.session_id)
        claim = make_image_claim(memory.store, first.image_id)
        found = figures(memory)
        assert found.images == {ImageState.RECEIVED: 1, ImageState.DETECTING: 1}
        assert found.n_waiting == 2
        assert found.oldest_image_s == pytest.approx(7, abs=1)
        make_image_claim(memory.store, second.image_id)
        assert figures(memory).oldest_image_s == 0
        memory.store.release_image(claim, "no room")
        assert figures(memory).oldest_image_s < 5

    def test_a_session_waits_for_a_sorter_once_all_its_pictures_are_final(
        self, memory: Memory
    ) -> None:
        unfinished = make_session(memory.store, 1)
        memory.store.seal_session(unfinished.session_id)
        memory.let_pass(20)
        assert figures(memory).oldest_session_s == 0
        ready = make_ready_session(memory.store)
        memory.let_pass(6)
        assert figures(memory).oldest_session_s == pytest.approx(6, abs=1)
        make_session_claim(memory.store, ready.session_id)
        assert figures(memory).oldest_session_s == 0

    def test_the_time_that_pictures_took_is_that_of_the_last_half_minute(
        self, memory: Memory
    ) -> None:
        session = make_session(memory.store, 3)
        for image, pause_s in zip(
            memory.store.load_images(session.session_id), (1, 2, 7), strict=True
        ):
            claim = make_image_claim(memory.store, image.image_id)
            memory.let_pass(pause_s)
            memory.store.save_detections(claim, make_detections(), "detector@1")
        found = figures(memory)
        assert found.image_p50_s == pytest.approx(3, abs=1)
        assert found.image_p95_s == pytest.approx(9.3, abs=1)
        assert found.drained_per_s == pytest.approx(0.3, abs=0.05)
        memory.let_pass(31)
        assert figures(memory).image_p50_s is None

    def test_quarantine_and_workers_that_live_are_counted(self, memory: Memory) -> None:
        (image,) = memory.store.load_images(make_session(memory.store, 1).session_id)
        for _ in range(3):
            make_image_claim(memory.store, image.image_id)
            memory.let_pass(6)
        memory.store.claim_image(image.image_id, "gpu-1", dead_after_s=5, max_attempts=3)
        memory.store.beat("gone", "gpu")
        memory.let_pass(6)
        for worker_id, queue in (("a", "gpu"), ("b", "gpu"), ("c", "sort")):
            memory.store.beat(worker_id, queue)
        found = figures(memory)
        assert (found.n_quarantined, found.workers) == (1, {"gpu": 2, "sort": 1})
        memory.store.drop_quarantined(image.image_id)
        assert figures(memory).n_quarantined == 0
