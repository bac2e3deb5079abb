"""One session, and one picture, read in one round trip each: what every picture that comes asks."""

from __future__ import annotations

from typing import Any

from sorter.types import ImageSize
from storage.documents import arm_from_document
from storage.records import ImageRecord, ImageState, SessionRecord, SessionState
from storage.sql.prepared import Prepared

_IMAGE_AT = Prepared(
    "load_image_at",
    {"session_id": "text", "position_pw": "double precision"},
    """
SELECT image_id, session_id, index, position_pw, state, key, sha256, width_px, height_px,
       n_bytes, attempt, failure, received_at, finished_at, request_id, model
  FROM images
 WHERE session_id = %(session_id)s AND position_pw = %(position_pw)s
""",
)

IMAGE_AT = (_IMAGE_AT,)

_SESSION = Prepared(
    "load_session",
    {"session_id": "text"},
    """
SELECT session_id, arm, state, expected_images, min_images, deadline_at, opened_at, sealed_at,
       finished_at, n_images, n_detected, n_failed, failure, request_id, idempotency_key
  FROM sessions CROSS JOIN (
       SELECT count(*) AS n_images,
              count(*) FILTER (WHERE state = 'detected') AS n_detected,
              count(*) FILTER (WHERE state = 'failed') AS n_failed
         FROM images
        WHERE session_id = %(session_id)s
       ) AS counted
 WHERE session_id = %(session_id)s
""",
)

SESSION = (_SESSION,)


def image_of(row: dict[str, Any]) -> ImageRecord:
    """Return a picture of which the columns in :data:`IMAGE_AT` were read."""
    size = ImageSize(row.pop("width_px"), row.pop("height_px"))
    return ImageRecord(**row | {"state": ImageState(row["state"])}, size=size)


def session_of(row: dict[str, Any]) -> SessionRecord:
    """Return the session that :data:`SESSION` found."""
    read = {"arm": arm_from_document(row["arm"]), "state": SessionState(row["state"])}
    return SessionRecord(**row | read)
