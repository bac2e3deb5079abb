"""Builders of valid values: a test names what it is about and leaves the rest to these."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from sorter.types import Arm, Detections, ImageSize
from storage.ports import Store
from storage.records import ImageClaim, NewImage, SessionClaim, SessionRecord

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n a picture"
"""Bytes that begin as such pictures do; no decoder would read on."""


def make_new_image(position_pw: float = 1000.0, content: bytes = JPEG) -> NewImage:
    """Return a picture whose bytes are in the image store and whose row is not yet written."""
    sha256 = hashlib.sha256(content).hexdigest()
    return NewImage(position_pw, f"session/{sha256}.jpg", sha256, ImageSize(1640, 1232), 12)


def make_detections(n: int = 2) -> Detections:
    """Return so many detections, items and containers by turns, all of them different."""
    corners = np.arange(n, dtype=np.float32)[:, None] * 10 + np.float32(0.1)
    xyxy_px = np.hstack([corners, corners, corners + 5, corners + 7]).astype(np.float32)
    scores = np.linspace(0.95, 0.5, n, dtype=np.float32)
    return Detections(xyxy_px, np.arange(n, dtype=np.int64) % 2, scores)


def make_plan(n_commands: int = 2) -> dict[str, Any]:
    """Return a plan's document with so many commands, as far as a store reads it."""
    return {"arm_id": "arm-1", "commands": [{"order": order} for order in range(n_commands)]}


def make_session(store: Store, n_images: int = 0, **parameters: Any) -> SessionRecord:
    """Open a session for ``arm-1`` and let it take so many pictures in, from 1000 us on."""
    store.save_arm(Arm("arm-1"))
    defaults: dict[str, Any] = {
        "expected_images": None,
        "min_images": 1,
        "deadline_s": 600.0,
        "idempotency_key": None,
        "request_id": None,
    }
    session, _ = store.open_session("arm-1", **(defaults | parameters))
    for index in range(n_images):
        store.accept_image(session.session_id, make_new_image(1000.0 + 200 * index), None)
    return store.load_session(session.session_id)


def make_image_claim(store: Store, image_id: str, worker_id: str = "gpu-1") -> ImageClaim:
    """Claim a picture that must be free to be claimed."""
    claim = store.claim_image(image_id, worker_id, dead_after_s=5, max_attempts=3)
    if claim is None:
        raise AssertionError(f"the picture {image_id} could not be claimed")
    return claim


def make_session_claim(store: Store, session_id: str, worker_id: str = "sort-1") -> SessionClaim:
    """Claim a session that must be ready to be sorted."""
    claim = store.claim_session(session_id, worker_id, dead_after_s=5, max_attempts=3)
    if claim is None:
        raise AssertionError(f"the session {session_id} could not be claimed")
    return claim


def make_ready_session(
    store: Store, n_detected: int = 2, n_failed: int = 0, **parameters: Any
) -> SessionRecord:
    """Return a sealed session whose pictures are all final, and which nobody sorts yet."""
    session = make_session(store, n_detected + n_failed, **parameters)
    for image in store.load_images(session.session_id):
        claim = make_image_claim(store, image.image_id)
        if image.index < n_detected:
            store.save_detections(claim, make_detections(), "detector@1")
        else:
            store.fail_image(claim, "it was made to fail")
    return store.seal_session(session.session_id)[0]


def make_sorted_session(store: Store, n_commands: int = 2) -> SessionRecord:
    """Return a session that is done, with a plan of so many commands."""
    session = make_ready_session(store)
    store.save_plan(make_session_claim(store, session.session_id), make_plan(n_commands))
    return store.load_session(session.session_id)
