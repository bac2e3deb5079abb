"""Whose turn it is: of each arm only so many pictures are on the queue at a time."""

from __future__ import annotations

from typing import Any

from storage.records import FairShare, ImageRecord
from storage.rules import DETECTING_QUEUE
from storage.sql.base import SqlBase
from storage.sql.lookups import image_of
from storage.sql.prepared import Prepared

_SHARE = {"per_worker": "int", "alive_within_s": "double precision", "queue": "text"}

LOOK = Prepared(
    "look_for_turns",
    {"session_id": "text", **_SHARE},
    """
SELECT arm_id
  FROM sessions JOIN images i USING (session_id)
 WHERE sessions.state IN ('open', 'sealed', 'sorting')  -- an arm may have thousands that are over
   AND i.state IN ('received', 'detecting')
   AND (%(session_id)s IS NULL
        OR arm_id = (SELECT arm_id FROM sessions WHERE session_id = %(session_id)s))
 GROUP BY arm_id
HAVING count(*) FILTER (WHERE i.state = 'received' AND i.turn_at IS NULL
                          AND i.published_at IS NULL) > 0
   AND count(*) FILTER (WHERE i.turn_at IS NOT NULL OR i.published_at IS NOT NULL)
       < %(per_worker)s * greatest(1, (
         SELECT count(*) FROM workers
          WHERE queue = %(queue)s
            AND last_seen_at >= statement_timestamp() - %(alive_within_s)s * interval '1 s'
         ))
 ORDER BY arm_id
""",
)
"""Returns the arms, of those of a session or of all, that hold a picture back and have a place."""

_LOCK_ARM = Prepared(
    "lock_arm",
    {"arm_id": "text"},
    "SELECT FROM arms WHERE arm_id = %(arm_id)s FOR NO KEY UPDATE",
)

_TAKE = Prepared(
    "take_turns",
    {"arm_id": "text", **_SHARE},
    """
WITH due AS (
    SELECT i.image_id
      FROM images i JOIN sessions USING (session_id)
     WHERE arm_id = %(arm_id)s AND sessions.state IN ('open', 'sealed', 'sorting')
       AND i.state = 'received' AND i.turn_at IS NULL AND i.published_at IS NULL
     ORDER BY i.received_at, i.session_id, i.index
     LIMIT (
         SELECT greatest(0, %(per_worker)s * greatest(1, (
                SELECT count(*) FROM workers
                 WHERE queue = %(queue)s
                   AND last_seen_at
                       >= statement_timestamp() - %(alive_within_s)s * interval '1 s'
                )) - count(*))
           FROM images i JOIN sessions USING (session_id)
          WHERE arm_id = %(arm_id)s AND sessions.state IN ('open', 'sealed', 'sorting')
            AND i.state IN ('received', 'detecting')
            AND (i.turn_at IS NOT NULL OR i.published_at IS NOT NULL)
     )
       FOR NO KEY UPDATE OF i SKIP LOCKED  -- what somebody is failing just now
)
UPDATE images SET turn_at = clock_timestamp() FROM due WHERE images.image_id = due.image_id
RETURNING images.image_id, session_id, index, position_pw, state, key, sha256, width_px, height_px,
          n_bytes, attempt, failure, received_at, finished_at, request_id, model
""",
)
"""Returns the arm's oldest pictures that were held back, as many as it has places free."""


class SqlTurns(SqlBase):
    """The method of :class:`storage.ports.Store` that whoever publishes calls first.

    Most who ask find nothing held back, or no place free, and learn it without a lock. They miss
    nothing: a picture that is held back then was committed before all of those that hold the
    places are final, and whoever makes one of those final asks after that.
    """

    def take_turns(self, session_id: str | None, share: FairShare) -> list[ImageRecord]:
        arms = self._ask([LOOK], look_values(session_id, share))
        taken = [image for arm in arms for image in self._take(arm["arm_id"], share)]
        return sorted(taken, key=lambda image: (image.received_at, image.session_id, image.index))

    def _take(self, arm_id: str, share: FairShare) -> list[ImageRecord]:
        """Give turns to an arm to which nobody else gives any meanwhile."""
        values = {"arm_id": arm_id, **_share_values(share)}
        return [image_of(row) for row in self._ask([_LOCK_ARM, _TAKE], values)]


def look_values(session_id: str | None, share: FairShare) -> dict[str, Any]:
    """Return what :data:`LOOK` needs."""
    return {"session_id": session_id, **_share_values(share)}


def _share_values(share: FairShare) -> dict[str, Any]:
    return {
        "per_worker": share.per_worker,
        "alive_within_s": share.alive_within_s,
        "queue": DETECTING_QUEUE,
    }
