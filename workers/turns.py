"""An arm's pictures go onto the queue a few at a time, so that no other arm waits behind them all.

A place comes free when a picture is final; whoever made it so publishes the arm's next. Where he
dies before, the sweeper does.
"""

from __future__ import annotations

from workers.queue import publish_images
from workers.services import Services


def publish_turns(session_id: str | None, using: Services) -> int:
    """Publish the pictures whose turn it is, of a session's arm or of all; return how many.

    Raises:
        TransientError: Rows or queue did not answer; what was not published is the sweeper's.
    """
    due = using.store.take_turns(session_id, using.rules.share)
    return publish_images(due, using.queue, using.store)
