"""A picture comes in, by whichever door: looked at, kept, written down, put onto the queue."""

from __future__ import annotations

import hashlib

from api.context import Context
from api.errors import OutOfRangeError
from api.pictures import look_at_picture
from api.publishing import publish_acceptance, publish_closing
from sorter.errors import ConflictError, TransientError
from sorter.types import Arm, ImageSize
from storage.records import ImageRecord, NewImage, SessionRecord, SessionState


def take_in_picture(
    context: Context, session: SessionRecord, position_pw: float, data: bytes, request_id: str
) -> ImageRecord:
    """Keep a picture of a session and see that it is looked at.

    The same bytes at the same position get the same answer, at any time, and nothing is
    detected twice. When this returns, the bytes are in the image store and the row is committed.

    Raises:
        NotAPictureError: Neither JPEG nor PNG.
        DamagedPictureError: It ends before its end.
        TooManyPixelsError: It claims more pixels than are taken.
        OutOfRangeError: The arm cannot have been there, or cannot have taken it.
        ConflictError: Other bytes came from that position, or the session takes no more.
        QueueFullError: As many pictures wait as may.
        TransientError: It could not be kept now.
    """
    size = look_at_picture(data, max_pixels=context.settings.max_image_pixels)
    _check_suits_arm(session, position_pw, size)
    sha256 = hashlib.sha256(data).hexdigest()
    known = _find_known(context, session, position_pw, sha256)
    if known is not None:
        context.metrics.images.labels("repeated").inc()
        return known
    context.admission.check(session.arm.arm_id)
    key = _save(context, session.session_id, data)
    new = NewImage(position_pw, key, sha256, size, len(data))
    return _accept(context, session, new, request_id)


def seal_session(
    context: Context, session_id: str, request_id: str, arm: Arm | None = None
) -> SessionRecord:
    """Let a session take no more pictures, and put its closing onto the queue, once.

    Args:
        arm: What the session is sorted for, where that became known only now.
    """
    session, has_sealed = context.services.store.seal_session(session_id, arm)
    if has_sealed:
        publish_closing(context, session, request_id)
    return session


def _check_suits_arm(session: SessionRecord, position_pw: float, size: ImageSize) -> None:
    limits, geometry = session.arm.limits, session.arm.geometry
    if not limits.servo0_min_pw <= position_pw <= limits.servo0_max_pw:
        raise OutOfRangeError(
            f"the arm's servo 0 goes from {limits.servo0_min_pw:g} to {limits.servo0_max_pw:g}, "
            f"not to {position_pw:g}"
        )
    if geometry.radius_px <= size.height_px / 2:
        raise OutOfRangeError(
            f"a picture {size.height_px} pixels high does not suit the arm's radius of "
            f"{geometry.radius_px:g} pixels: the base axis would lie inside the picture"
        )


def _find_known(
    context: Context, session: SessionRecord, position_pw: float, sha256: str
) -> ImageRecord | None:
    """Return the picture where it came before, so that nothing is stored for a refused one.

    Raises:
        ConflictError: Other bytes came from that position, or the session takes no more.
    """
    image = context.services.store.load_image_at(session.session_id, position_pw)
    if image is not None:
        if image.sha256 == sha256:
            return image
        raise ConflictError(f"another picture was already taken at {position_pw:g}")
    if session.state is not SessionState.OPEN:
        raise ConflictError(f"the session is {session.state.value} and takes no more pictures")
    return None


def _save(context: Context, session_id: str, data: bytes) -> str:
    """Keep the bytes and return their key, unless so many wait for the image store already."""
    if not context.saves.take():
        raise TransientError("the image store is slow, and enough pictures wait for it")
    try:
        return context.services.images.save_image(session_id, data)
    finally:
        context.saves.give_back()


def _accept(
    context: Context, session: SessionRecord, new: NewImage, request_id: str
) -> ImageRecord:
    """Commit the row and publish. Racing duplicates meet in the row's transaction."""
    store, share = context.services.store, context.settings.share
    acceptance = store.accept_image(session.session_id, new, request_id, share)
    context.metrics.images.labels("accepted" if acceptance.is_new else "repeated").inc()
    if acceptance.is_new:
        context.admission.note_accepted(session.arm.arm_id)
        publish_acceptance(context, acceptance, request_id)
    return acceptance.image
