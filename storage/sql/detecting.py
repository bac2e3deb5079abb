"""Claiming a picture and saving what it shows, each in one round trip, as every picture needs it.

What comes as it should is done here; :mod:`storage.sql.images` sees to the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sorter.types import Detections
from storage import events
from storage.documents import detections_columns, reading_columns
from storage.records import ImageClaim
from storage.sql.prepared import Prepared
from storage.views import Reading

_CLAIM = Prepared(
    "claim_image",
    {"image_id": "text", "worker_id": "text", "max_attempts": "int"},
    """
UPDATE images
   SET state = 'detecting', attempt = attempt + 1, claimed_by = %(worker_id)s,
       claimants = array_append(claimants, %(worker_id)s), claimed_at = clock_timestamp()
 WHERE image_id = %(image_id)s AND state = 'received' AND attempt < %(max_attempts)s
RETURNING image_id, session_id, index, position_pw, state, key, sha256, width_px, height_px,
          n_bytes, attempt, failure, received_at, finished_at, request_id, model
""",
)

CLAIM = (_CLAIM,)
"""Returns the claimed picture, or nothing and changes nothing: it does not wait, or too often did.

It takes the picture's lock alone. Nothing is told and nothing is counted, which is what
its session's lock is for, and a statement looks again at a row that it had to wait for.
"""

_LOCK = Prepared(
    "lock_session",
    {"session_id": "text"},
    "SELECT FROM sessions WHERE session_id = %(session_id)s FOR NO KEY UPDATE",
)

_SAVE = Prepared(
    "save_detections",
    {
        "image_id": "text",
        "session_id": "text",
        "worker_id": "text",
        "attempt": "int",
        "model": "text",
        "kind": "text",
        "data": "jsonb",
        "xyxy_px": "real[]",
        "labels": "smallint[]",
        "scores": "real[]",
        "decode_s": "double precision",
        "batch_wait_s": "double precision",
        "forward_s": "double precision",
        "batch_images": "int",
    },
    """
WITH claim AS (
    SELECT image_id, claimed_at FROM images WHERE image_id = %(image_id)s
), image AS (
    UPDATE images
       SET state = 'detected', model = %(model)s, claimed_by = NULL, claimed_at = NULL,
           finished_at = clock_timestamp()
      FROM claim
     WHERE images.image_id = claim.image_id AND state = 'detecting'
       AND claimed_by = %(worker_id)s AND attempt = %(attempt)s
    RETURNING images.image_id, claim.claimed_at
), found AS (
    INSERT INTO detections (image_id, xyxy_px, labels, scores, claimed_at,
                            decode_s, batch_wait_s, forward_s, batch_images)
    SELECT image_id, %(xyxy_px)s, %(labels)s, %(scores)s, claimed_at,
           %(decode_s)s, %(batch_wait_s)s, %(forward_s)s, %(batch_images)s
      FROM image
), told AS (
    INSERT INTO session_events (session_id, kind, data)
    SELECT %(session_id)s, %(kind)s, %(data)s FROM image
)
SELECT FROM image
""",
)

SAVE = (_LOCK, _SAVE)
"""Returns a row; none, and changes nothing, where the claim was lost."""

UNREAD: Mapping[str, None] = dict.fromkeys(Reading.__dataclass_fields__)


def save_values(
    claim: ImageClaim, detections: Detections, model: str, reading: Reading | None
) -> Mapping[str, Any]:
    """Return what :data:`SAVE` needs."""
    image = claim.image
    kind, data = events.image_detected(image, len(detections), model)
    columns = detections_columns(detections)
    return {
        "image_id": image.image_id,
        "session_id": image.session_id,
        "worker_id": claim.worker_id,
        "attempt": claim.attempt,
        "model": model,
        "kind": kind,
        "data": json.dumps(data),
        **{name: _array(values) for name, values in columns.items()},
        **UNREAD,
        **reading_columns(reading),
    }


def _array(values: list[Any]) -> str:
    """Return numbers as PostgreSQL writes an array, which it reads faster than an expression."""
    return "{" + str(values)[1:-1] + "}"
