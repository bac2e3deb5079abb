"""What the two feeds do with an event: tell the original's panel, or name a picture as it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from logging import LogRecord

import structlog

from sorter.errors import NotFoundError
from storage.feeds import FeedEvent
from storage.keys import original_name
from storage.overview import TRY_ARM_ID
from storage.ports import ImageStore, Store
from storage.records import Event, ImageRecord
from storage.robot_sessions import RobotSession
from workers.panel_records import log_record, panel_records

PANEL_FEED = "panel"
PANEL_KEYS = "robot/S%"
"""The sessions that a panel has named: it knows no others."""

PANORAMA = "panorama.saved"
NAMES_FEED = "original-names"

_PANEL_NAME = re.compile(r"S[0-9]+", re.ASCII)

_log = structlog.get_logger(__name__)


def tell_panel(told: FeedEvent, send: Callable[[LogRecord], None], *, in_bucket: bool) -> None:
    """Tell the original's panel of an event, of a session that it knows.

    Raises:
        TransientError: The panel is not there, or busy. What was sent of the event is sent again.
        RecordRefusedError: The panel does not keep it.
    """
    named = RobotSession.from_key(told.idempotency_key)
    if named is None or _PANEL_NAME.fullmatch(named.name) is None:
        return
    if named.is_after and told.event.kind != PANORAMA:
        return  # of the pictures that are taken afterwards it shows no more
    for record in panel_records(told, in_bucket=in_bucket):
        send(log_record(record, told, named.name))


def name_picture(told: FeedEvent, store: Store, images: ImageStore) -> None:
    """Keep a picture that came also under the name that the original gives it.

    ``<arm>/<session>/1200.jpg``, or ``after_1200.jpg``; the session is called as its robot calls
    it, or by its own id where the robot did not. The picture's own key stays what is read.

    Raises:
        TransientError: Database or image store did not answer.
    """
    if told.event.kind != "image.received" or told.arm_id == TRY_ARM_ID:
        return
    event, named = told.event, RobotSession.from_key(told.idempotency_key)
    try:
        image = _picture(store, event)
        data = images.load_image(image.key)
    except NotFoundError:
        _log.warning("a picture is gone, and gets no name", session_id=event.session_id)
        return
    after = "after_" if named is not None and named.is_after else ""
    kind = image.key.rpartition(".")[2]
    file_name = f"{after}{image.position_pw:g}.{kind}"
    session_name = event.session_id if named is None else named.name
    images.save_named(original_name(told.arm_id, session_name, file_name), data)


def _picture(store: Store, event: Event) -> ImageRecord:
    """Return the picture that came; it alone is read, as its session may have hundreds.

    Raises:
        NotFoundError: Its row is gone.
    """
    image = store.load_image_at(event.session_id, event.data["position_pw"])
    if image is None:
        raise NotFoundError("the picture's row is gone")
    return image
