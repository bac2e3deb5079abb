"""What the database says of one session, read once, for the checker to judge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sorter.errors import NotFoundError
from sorter.types import Detections
from storage.ports import ImageStore, Store
from storage.records import Document, Event, ImageRecord, SessionRecord

PAGE = 500


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """One session as it is remembered.

    Attributes:
        images: By index.
        events: In the order in which they were committed.
        detections: Of each picture that was read, by its id.
        pictures: The bytes of each picture that the image store has, by its id.
    """

    session: SessionRecord
    images: tuple[ImageRecord, ...]
    events: tuple[Event, ...]
    plan: Document | None
    detections: Mapping[str, Detections]
    pictures: Mapping[str, bytes]

    def has_bytes(self, image_id: str, sha256: str) -> bool:
        """Whether the image store has the picture, with these very bytes."""
        data = self.pictures.get(image_id)
        return data is not None and hashlib.sha256(data).hexdigest() == sha256


def load_evidence(session_id: str, store: Store, images: ImageStore) -> Evidence | None:
    """Read everything about a session; ``None`` where the database does not know it.

    Raises:
        TransientError: Database or image store does not answer.
    """
    try:
        session = store.load_session(session_id)
    except NotFoundError:
        return None
    records = tuple(store.load_images(session_id))
    return Evidence(
        session,
        records,
        _load_events(session_id, store),
        store.load_plan(session_id),
        {one.image_id: one.detections for one in store.load_photographs(session_id)},
        _load_pictures(records, images),
    )


def _load_events(session_id: str, store: Store) -> tuple[Event, ...]:
    events: list[Event] = []
    while page := store.load_events(session_id, events[-1].event_id if events else 0, PAGE):
        events += page
    return tuple(events)


def _load_pictures(records: tuple[ImageRecord, ...], images: ImageStore) -> dict[str, bytes]:
    pictures: dict[str, bytes] = {}
    for record in records:
        try:
            pictures[record.image_id] = images.load_image(record.key)
        except NotFoundError:
            continue  # the checker misses it
    return pictures
