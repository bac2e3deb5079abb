"""What may fail in a simulated run: what the dice struck as often as it may be tried."""

from __future__ import annotations

from collections.abc import Mapping

from cli.faults.ledger import Ledger, LedgerSession
from storage.ports import Store
from storage.records import ImageRecord, ImageState, SessionRecord, SessionState
from workers.services import Rules

MAX_ATTEMPTS = Rules().max_attempts


def declare_excused(ledger: Ledger, store: Store, harmed: Mapping[str, int]) -> None:
    """Declare what a run's dice made fail, so that the checker finds all that fails besides.

    A picture may be set apart, and a session given up, only where processes died or stood still
    over it as often as it may be tried; errors of the store alone must never come to that. A
    session fails, too, where none of its pictures could be read.

    Args:
        harmed: How often a process came to harm over a picture or session, by its id.
    """
    for entry in ledger.sessions.values():
        session = store.load_session(entry.session_id)
        images = store.load_images(entry.session_id)
        for image in images:
            if _is_failed(image) and harmed.get(image.image_id, 0) >= MAX_ATTEMPTS:
                ledger.declare_failing(entry.session_id, image.position_pw)
        if _may_fail(entry, session, images, harmed):
            ledger.declare_ends(entry.session_id, SessionState.FAILED)


def _may_fail(
    entry: LedgerSession,
    session: SessionRecord,
    images: list[ImageRecord],
    harmed: Mapping[str, int],
) -> bool:
    if session.state is not SessionState.FAILED:
        return False
    all_failing = all(image.position_pw in entry.failing for image in images)
    return all_failing or harmed.get(entry.session_id, 0) >= MAX_ATTEMPTS


def _is_failed(image: ImageRecord) -> bool:
    return image.state is ImageState.FAILED
