"""Taking a picture in, in one round trip: lock, row, event, seal and turn on the queue.

Two statements that the driver sends together, which makes them one transaction. The second sees
what was committed before it began, so that it counts right what the first has locked. It takes in
what comes as it should: another picture of an open session. Whatever else comes leaves no trace.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from storage import events
from storage.records import FairShare, ImageRecord, ImageState, NewImage
from storage.rules import DETECTING_QUEUE
from storage.sql.prepared import Prepared

_LOCK = Prepared(
    "lock_session_and_arm",
    {"session_id": "text"},
    """
SELECT FROM sessions JOIN arms USING (arm_id)
 WHERE session_id = %(session_id)s
   FOR NO KEY UPDATE
""",
)

_TAKE_IN = Prepared(
    "take_in",
    {
        "image_id": "text",
        "session_id": "text",
        "position_pw": "double precision",
        "key": "text",
        "sha256": "text",
        "width_px": "int",
        "height_px": "int",
        "n_bytes": "int",
        "request_id": "text",
        "per_worker": "int",
        "alive_within_s": "double precision",
        "queue": "text",
        "received": "text",
        "received_data": "jsonb",
        "sealed": "text",
        "sealed_data": "jsonb",
    },
    """
WITH session AS (
    SELECT arm_id, expected_images,
           (SELECT count(*) FROM images WHERE session_id = %(session_id)s) AS n_before
      FROM sessions
     WHERE session_id = %(session_id)s AND state = 'open'
       AND NOT EXISTS (SELECT FROM images
                        WHERE session_id = %(session_id)s AND position_pw = %(position_pw)s)
), place AS (
    SELECT count(*) FILTER (WHERE i.state = 'received' AND i.turn_at IS NULL
                              AND i.published_at IS NULL) = 0
       AND count(*) FILTER (WHERE i.turn_at IS NOT NULL OR i.published_at IS NOT NULL)
           < %(per_worker)s * greatest(1, (
             SELECT count(*) FROM workers
              WHERE queue = %(queue)s
                AND last_seen_at >= statement_timestamp() - %(alive_within_s)s * interval '1 s'
             )) AS is_free
      FROM session JOIN sessions USING (arm_id) JOIN images i USING (session_id)
     WHERE sessions.state IN ('open', 'sealed', 'sorting') AND i.state IN ('received', 'detecting')
), image AS (
    INSERT INTO images (image_id, session_id, index, position_pw, state, key, sha256,
                        width_px, height_px, n_bytes, request_id, turn_at)
    SELECT %(image_id)s, %(session_id)s, n_before, %(position_pw)s, 'received', %(key)s,
           %(sha256)s, %(width_px)s, %(height_px)s, %(n_bytes)s, %(request_id)s,
           CASE WHEN is_free THEN clock_timestamp() END
      FROM session, place
    RETURNING index, received_at, turn_at
), sealed AS (
    UPDATE sessions
       SET state = 'sealed', sealed_at = clock_timestamp(), waiting_since = clock_timestamp()
      FROM image
     WHERE session_id = %(session_id)s AND expected_images = image.index + 1
    RETURNING expected_images
), told AS (
    INSERT INTO session_events (session_id, kind, data)
    SELECT %(session_id)s, %(received)s,
           %(received_data)s || jsonb_build_object('index', index)
      FROM image
     UNION ALL
    SELECT %(session_id)s, %(sealed)s,
           %(sealed_data)s || jsonb_build_object('n_images', expected_images)
      FROM sealed
)
SELECT index, received_at, turn_at IS NOT NULL AS has_turn,
       EXISTS (SELECT FROM sealed) AS has_sealed
  FROM image
""",
)

ACCEPT = (_LOCK, _TAKE_IN)
"""Returns one row, or none and changes nothing: for a session that is unknown or not open, or for
a position that has its picture.

A turn is given only where nothing of the arm is held back, so that the oldest goes first.
"""


def new_record(
    session_id: str, image_id: str, new: NewImage, request_id: str | None
) -> ImageRecord:
    """Return a picture that is not taken in yet: its index and time are still to be told."""
    return ImageRecord(
        image_id=image_id,
        session_id=session_id,
        index=0,
        position_pw=new.position_pw,
        state=ImageState.RECEIVED,
        key=new.key,
        sha256=new.sha256,
        size=new.size,
        n_bytes=new.n_bytes,
        attempt=0,
        failure=None,
        received_at=datetime.min.replace(tzinfo=UTC),
        finished_at=None,
        request_id=request_id,
    )


def accept_values(image: ImageRecord, share: FairShare | None) -> Mapping[str, Any]:
    """Return what :data:`ACCEPT` needs for a picture, whose index and time are yet unknown."""
    received, received_data = events.image_received(image)
    sealed, sealed_data = events.session_sealed(0, is_overdue=False)
    return {
        "image_id": image.image_id,
        "session_id": image.session_id,
        "position_pw": image.position_pw,
        "key": image.key,
        "sha256": image.sha256,
        "width_px": image.size.width_px,
        "height_px": image.size.height_px,
        "n_bytes": image.n_bytes,
        "request_id": image.request_id,
        "per_worker": share.per_worker if share else 0,
        "alive_within_s": share.alive_within_s if share else 0.0,
        "queue": DETECTING_QUEUE,
        "received": received,
        "received_data": json.dumps(received_data),
        "sealed": sealed,
        "sealed_data": json.dumps(sealed_data),
    }
