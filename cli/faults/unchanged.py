"""What must not change a session, changes nothing of it: every column of every row is compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.faults.site import Site
from cli.faults.trial import Trial

ROWS = """
SELECT to_jsonb(session) FROM sessions AS session WHERE session_id = %s
UNION ALL
SELECT to_jsonb(image) - 'published_at' FROM images AS image WHERE session_id = %s
UNION ALL
SELECT to_jsonb(found) FROM detections AS found JOIN images USING (image_id)
WHERE session_id = %s
UNION ALL
SELECT to_jsonb(event) FROM session_events AS event WHERE session_id = %s
"""
"""All that is known of a session, but for when the queue last had its pictures."""


@contextmanager
def unchanged(trial: Trial, session_id: str, by: str) -> Iterator[None]:
    """Expect of the body that it changes no row of the session.

    Args:
        by: What the body does, for the sentence that says otherwise.
    """
    before = _rows(trial.site, session_id)
    yield
    trial.expect(_rows(trial.site, session_id) == before, f"it was changed by {by}", session_id)


def _rows(site: Site, session_id: str) -> list[tuple[Any, ...]]:
    rows = site.query(ROWS, *[session_id] * ROWS.count("%s"))
    return sorted(rows, key=repr)
