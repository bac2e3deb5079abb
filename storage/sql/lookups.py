"""One session, and one picture, read in one round trip each: what every picture that comes asks."""

from __future__ import annotations

from sqlalchemy import RowMapping

from sorter.types import ImageSize
from storage.documents import arm_from_document
from storage.ports import ImageRecord, ImageState, SessionRecord, SessionState

IMAGE_AT = """
SELECT image_id, session_id, index, position_pw, state, key, sha256, width_px, height_px,
       n_bytes, attempt, failure, received_at, finished_at, request_id, model
  FROM images
 WHERE session_id = %(session_id)s AND position_pw = %(position_pw)s
"""

SESSION = """
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
"""


def image_of(row: RowMapping) -> ImageRecord:
    """Return a picture of which the columns in :data:`IMAGE_AT` were read."""
    said = dict(row)
    size = ImageSize(said.pop("width_px"), said.pop("height_px"))
    return ImageRecord(**said | {"state": ImageState(row["state"])}, size=size)


def session_of(row: RowMapping) -> SessionRecord:
    """Return the session that :data:`SESSION` found."""
    read = {"arm": arm_from_document(row["arm"]), "state": SessionState(row["state"])}
    return SessionRecord(**dict(row) | read)
