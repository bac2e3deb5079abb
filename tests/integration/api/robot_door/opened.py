"""A door on fakes, reached through a real socket, and a worker that reads what comes in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.context import Context, Services, Settings, make_context
from api.robot_door.aftermath import Aftermath
from api.robot_door.conversation import Door
from api.robot_door.metrics import DoorMetrics
from api.robot_door.server import DoorServer, DoorSettings
from sorter.commands import plan_document
from sorter.pipeline import sort_session
from sorter.types import Detections
from storage.records import SessionRecord
from tests.fakes import FakeEmbedder, FakeImageStore, FakeQueue, FakeStore
from tests.original_robot import OriginalRobot
from workers.crops import StoredCropEmbedder

WITHIN_S = 30.0
MODELS = {"detector": "told@1", "embedder": FakeEmbedder.version}
Detect = Callable[[bytes], Detections]


@dataclass(frozen=True)
class OpenDoor:
    """A door and what it stands on."""

    server: DoorServer
    context: Context
    store: FakeStore
    images: FakeImageStore

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def robot(self, arm_id: str = "ARM001", **more: Any) -> OriginalRobot:
        return OriginalRobot(self.address, arm_id, **more)

    def session(self, key: str) -> SessionRecord:
        """Return the one session of that idempotency key."""
        [session] = self.store.find_sessions(key)
        return session

    @contextmanager
    def worker(self, detect: Detect) -> Iterator[None]:
        """Look at pictures and sort sessions meanwhile, as the workers do."""
        stopping = threading.Event()
        thread = threading.Thread(target=self._work, args=(detect, stopping))
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()

    def _work(self, detect: Detect, stopping: threading.Event) -> None:
        while not stopping.wait(0.01):
            for session in self.store.find_sessions("robot/"):
                self._detect_all(session.session_id, detect)
                self._sort(session.session_id)

    def _detect_all(self, session_id: str, detect: Detect) -> None:
        for image in self.store.load_images(session_id):
            if image.state.is_final:
                continue
            claim = self.store.claim_image(image.image_id, "w", dead_after_s=5, max_attempts=3)
            if claim is not None:
                found = detect(self.images.load_image(image.key))
                self.store.save_detections(claim, found, "told@1")

    def _sort(self, session_id: str) -> None:
        claim = self.store.claim_session(session_id, "w", dead_after_s=5, max_attempts=3)
        if claim is None:
            return
        keys = {image.image_id: image.key for image in self.store.load_images(session_id)}
        crops = StoredCropEmbedder(keys, self.images.load_image, FakeEmbedder())
        photographs = self.store.load_photographs(session_id)
        plan = sort_session(claim.session.arm, photographs, crops)
        self.store.save_plan(claim, plan_document(plan, MODELS))


@contextmanager
def open_door(
    store: FakeStore | None = None,
    images: FakeImageStore | None = None,
    monotonic_s: Callable[[], float] = time.monotonic,
    **settings: Any,
) -> Iterator[OpenDoor]:
    """Open a door on any free port, and close it in good order."""
    store, images = store or FakeStore(), images or FakeImageStore()
    services = Services(store, images, FakeQueue(), monotonic_s=monotonic_s)
    context = make_context(services, Settings())
    with Aftermath(context) as aftermath:
        door = Door(context, DoorMetrics(context.metrics.registry), aftermath)
        server = DoorServer(door, DoorSettings(port=0, **settings))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield OpenDoor(server, context, store, images)
        finally:
            server.shutdown()
            thread.join()


def await_that(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    until_s = time.monotonic() + WITHIN_S
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.01)


def has_event(door: OpenDoor, session_id: str, kind: str, n: int = 1) -> Callable[[], bool]:
    """Return the question whether so many events of a kind were told of a session."""
    load = partial(door.store.load_events, session_id)
    return lambda: sum(event.kind == kind for event in load()) >= n
