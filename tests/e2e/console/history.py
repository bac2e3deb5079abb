"""A site that has been busy for a day: sessions of the past, put straight into the rows."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import create_engine, insert

from sorter.types import Arm
from storage.documents import arm_document
from storage.engine import database_url
from storage.models import ArmRow, ImageRow, SessionRow
from storage.records import ImageState, SessionState

N_IMAGES = 5
REASON = "the picture's data ends before its end"


def make_busy_day(url: str, arm_ids: list[str], quiet_arm_id: str, seed: int = 3) -> None:
    """Write a working day of these arms: more in the middle, a failed picture now and then.

    One more arm has begun a session three minutes ago, and sent two pictures and no more.
    """
    rng, now = Random(seed), datetime.now(UTC)
    sessions: list[dict[str, Any]] = []
    images: list[dict[str, Any]] = []
    for number, arm_id in enumerate(arm_ids):
        for hours_ago in range(1, 24):
            rush = 1 + math.cos((hours_ago - 5 - 2 * number) / 24 * 2 * math.pi)
            for _ in range(round(rush * (2 + number) * rng.uniform(0.5, 1.3))):
                at = now - timedelta(hours=hours_ago, seconds=rng.uniform(-1500, 1500))
                session = _session(arm_id, at, rng)
                sessions.append(session)
                images += _images(session, at, rng)
    quiet, seen = _quiet_session(quiet_arm_id, now - timedelta(minutes=3), rng)
    sessions.append(quiet)
    images += seen
    engine = create_engine(database_url(url))
    try:
        with engine.begin() as connection:
            arms = [
                {"arm_id": arm, "document": arm_document(Arm(arm))}
                for arm in [*arm_ids, quiet_arm_id]
            ]
            connection.execute(insert(ArmRow), arms)
            connection.execute(insert(SessionRow), sessions)
            connection.execute(insert(ImageRow), images)
    finally:
        engine.dispose()


def _session(arm_id: str, at: datetime, rng: Random) -> dict[str, Any]:
    n_failed = rng.choices([0, 1, N_IMAGES], [30, 2, 1])[0]
    state = {0: SessionState.DONE, N_IMAGES: SessionState.FAILED}.get(
        n_failed, SessionState.PARTIAL
    )
    is_failed = state is SessionState.FAILED
    return {
        "session_id": f"{rng.getrandbits(128):032x}",
        "arm_id": arm_id,
        "arm": arm_document(Arm(arm_id)),
        "state": state,
        "expected_images": N_IMAGES,
        "min_images": 1,
        "deadline_s": 600.0,
        "deadline_at": at + timedelta(seconds=600),
        "opened_at": at,
        "sealed_at": at + timedelta(seconds=4),
        "waiting_since": at + timedelta(seconds=4),
        "finished_at": at + timedelta(seconds=rng.uniform(5, 9)),
        "plan": None if is_failed else {"arm_id": arm_id, "commands": []},
        "failure": f"none of its {N_IMAGES} pictures could be read" if is_failed else None,
        "n_failed": n_failed,
    }


def _quiet_session(
    arm_id: str, at: datetime, rng: Random
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    session = _session(arm_id, at, rng) | {"n_failed": 0}
    images = _images(session, at, rng)[:2]
    nothing_yet = dict.fromkeys(["sealed_at", "waiting_since", "finished_at", "plan", "failure"])
    deadline_at = at + timedelta(hours=6)
    return session | nothing_yet | {"state": SessionState.OPEN, "deadline_at": deadline_at}, images


def _images(session: dict[str, Any], at: datetime, rng: Random) -> list[dict[str, Any]]:
    n_failed = session.pop("n_failed")
    images = []
    for index in range(N_IMAGES):
        is_failed = index < n_failed
        received_at = at + timedelta(seconds=index * 0.8)
        images.append(
            {
                "image_id": f"{rng.getrandbits(128):032x}",
                "session_id": session["session_id"],
                "index": index,
                "position_pw": 1000.0 + 200 * index,
                "state": ImageState.FAILED if is_failed else ImageState.DETECTED,
                "key": f"{session['session_id']}/{'0' * 64}.jpg",
                "sha256": "0" * 64,
                "width_px": 1640,
                "height_px": 1232,
                "n_bytes": 300_000,
                "attempt": 1,
                "received_at": received_at,
                "waiting_since": received_at,
                "turn_at": received_at,
                "published_at": received_at,
                "finished_at": received_at + timedelta(seconds=rng.uniform(0.1, 0.6)),
                "failure": REASON if is_failed else None,
                "model": None if is_failed else "sample-detector@2.3.0",
            }
        )
    return images
