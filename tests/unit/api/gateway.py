"""A whole gateway on fakes, and the short cuts of a robot that talks to it."""

from __future__ import annotations

import dataclasses
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import Services, Settings, create_app
from api.context import EXTENSION, Context
from api.keys import ARM_KEYS
from sorter.types import Arm, Detections
from storage.records import SessionState
from tests.fake_store import FakeImageStore, FakeStore
from tests.fakes import FakeQueue
from tests.unit.api.clock import FakeClock
from tests.unit.api.picture_bytes import make_jpeg

ARM_ID = "arm-1"
PLAN: dict[str, Any] = {
    "arm_id": ARM_ID,
    "calibration_id": None,
    "frame": "servo_pulse_width",
    "units": {"servo": "us"},
    "models": {"detector": "d@1", "embedder": "e@1"},
    "commands": [
        {
            "order": 0,
            "item": 0,
            "container": 0,
            "cluster": 0,
            "pick": {"servo0_pw": 1500.0, "servo1_pw": 1600.0},
            "drop": {"servo0_pw": 1300.0, "servo1_pw": 1700.0},
            "confidence": 0.9,
            "margin": 0.7,
            "is_unsure": False,
        }
    ],
    "items": [{"item": 0}],
    "containers": [{"container": 0}],
    "set_aside": [],
    "travel_pw": 200.0,
    "flags": [],
}
SETTINGS = Settings(
    max_image_bytes=50_000,
    max_image_pixels=1_000_000,
    max_json_bytes=5_000,
    max_waiting_images=5,
    max_stream_s=60.0,
)


class FakeGateway:
    """The gateway, what it stands on, and one arm with its key."""

    def __init__(self, images: FakeImageStore | None = None, **changes: Any) -> None:
        self.store = FakeStore()
        self.images = images or FakeImageStore()
        self.queue = FakeQueue()
        self.clock = FakeClock()
        numbers = count(1)
        services = Services(
            self.store,
            self.images,
            self.queue,
            monotonic_s=self.clock,
            sleep=self.clock.sleep,
            make_id=lambda: f"request-{next(numbers)}",
        )
        self.app = create_app(services, dataclasses.replace(SETTINGS, **changes))
        self.context: Context = self.app.extensions[EXTENSION]
        self.client: FlaskClient = self.app.test_client()
        self.headers = self.make_key_headers(ARM_ID)

    def make_key_headers(self, arm_id: str) -> dict[str, str]:
        """Register an arm, and return the header that carries a key of it."""
        self.store.save_arm(Arm(arm_id))
        key = ARM_KEYS.make()
        self.store.save_key(key.key_id, arm_id, key.secret_sha256)
        return {"Authorization": f"Bearer {key.text}"}

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, headers=self.headers | options.pop("headers", {}), **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.client.post(path, headers=self.headers | options.pop("headers", {}), **options)

    def put(self, path: str, **options: Any) -> TestResponse:
        return self.client.put(path, headers=self.headers | options.pop("headers", {}), **options)

    def open_session(self, **body: Any) -> str:
        """Open a session and return its id."""
        response = self.post("/sessions", json={"arm_id": ARM_ID, **body})
        assert response.status_code == 201
        session_id: str = response.get_json()["session_id"]
        return session_id

    def post_image(
        self, session_id: str, position_pw: object = 1500, data: bytes | None = None, **options: Any
    ) -> TestResponse:
        data = make_jpeg() if data is None else data
        return self.post(f"/sessions/{session_id}/images/{position_pw}", data=data, **options)

    def detect(self, session_id: str, *, failing: frozenset[float] = frozenset()) -> None:
        """Do what the workers do with the pictures that came."""
        for image in self.store.load_images(session_id):
            claim = self.store.claim_image(image.image_id, "worker", dead_after_s=5, max_attempts=3)
            assert claim is not None
            if image.position_pw in failing:
                self.store.fail_image(claim, "it shows nothing but noise")
            else:
                self.store.save_detections(claim, Detections.empty(), "d@1")

    def sort(self, session_id: str) -> None:
        """Do what the workers do with a session whose pictures are all looked at."""
        claim = self.store.claim_session(session_id, "worker", dead_after_s=5, max_attempts=3)
        if claim is not None:
            self.store.save_plan(claim, PLAN)

    def finish_session(self, **body: Any) -> str:
        """Take a session from its opening to its plan, and return its id."""
        session_id = self.open_session(**body)
        assert self.post_image(session_id).status_code == 202
        assert self.post(f"/sessions/{session_id}/complete").status_code == 200
        self.detect(session_id)
        self.sort(session_id)
        assert self.store.load_session(session_id).state is SessionState.DONE
        return session_id


def problem_of(response: TestResponse, status: int, slug: str) -> dict[str, Any]:
    """Return the problem document of an answer, having made sure that it is a proper one."""
    problem: dict[str, Any] = response.get_json()
    assert response.status_code == status, problem
    assert response.content_type == "application/problem+json"
    assert problem["status"] == status
    assert problem["type"] == f"urn:sorterbot:problem:{slug}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["X-Request-Id"]
    return problem
