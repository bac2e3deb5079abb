"""One session: claim it, load what was detected, plan, save; safe to run twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from sorter.commands import plan_document
from sorter.errors import SorterBotError, TransientError
from sorter.pipeline import sort_session as plan_session
from sorter.types import Crop, FloatArray
from storage.ports import ImageRecord, SessionClaim
from vision.crop import crop_rgb
from vision.decode import decode_rgb
from vision.ports import Embedder, RgbImage
from workers.retrying import read_patiently, save_patiently
from workers.services import Services

_log = structlog.get_logger(__name__)


def sort_session(session_id: str, using: Services) -> None:
    """Plan one session and commit plan and end state together.

    Does nothing where the session is not ready, is being sorted by a worker that lives, or has
    ended. Whatever makes a plan impossible is recorded as the session's failure.
    """
    try:
        claim = read_patiently(partial(_claim, session_id, using), using.sleep)
        if claim is not None:
            _work(claim, using)
    except TransientError:
        _log.warning("session left to the sweeper", session_id=session_id, exc_info=True)


def _claim(session_id: str, using: Services) -> SessionClaim | None:
    return using.store.claim_session(
        session_id,
        using.worker_id,
        dead_after_s=using.rules.dead_after_s,
        max_attempts=using.rules.max_attempts,
    )


def _work(claim: SessionClaim, using: Services) -> None:
    try:
        plan = _plan(claim, using)
        end = partial(using.store.save_plan, claim, plan)
    except TransientError:
        _log.warning("session given back", attempt=claim.attempt, exc_info=True)
        end = partial(using.store.release_session, claim)
    except SorterBotError as error:
        _log.warning("session cannot be sorted", reason=str(error))
        end = partial(using.store.fail_session, claim, str(error))
    except Exception as error:  # noqa: BLE001  # a bug: the same pictures would raise it again
        _log.exception("session cannot be sorted")
        reason = f"internal error: {type(error).__name__}"
        end = partial(using.store.fail_session, claim, reason)
    if not save_patiently(end, using.sleep):
        _log.info("somebody else sorts the session", attempt=claim.attempt)


def _plan(claim: SessionClaim, using: Services) -> dict[str, Any]:
    session_id = claim.session.session_id
    photographs = read_patiently(partial(using.store.load_photographs, session_id), using.sleep)
    images = read_patiently(partial(using.store.load_images, session_id), using.sleep)
    embedder = using.embedder.get()
    crops = StoredCropEmbedder(images, using, embedder)
    plan = plan_session(claim.session.arm, photographs, crops)
    models = {"detector": _detectors(images), "embedder": embedder.version}
    return plan_document(plan, models)


def _detectors(images: Sequence[ImageRecord]) -> str:
    """Name the detectors that read the pictures: one, except while workers are replaced."""
    return ", ".join(sorted({image.model for image in images if image.model is not None}))


class StoredCropEmbedder:
    """Embeds parts of stored pictures, all in one batch."""

    def __init__(self, images: Sequence[ImageRecord], using: Services, embedder: Embedder) -> None:
        self._keys: Mapping[str, str] = {image.image_id: image.key for image in images}
        self._using = using
        self._embedder = embedder

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        pieces: dict[Crop, RgbImage] = {}
        for image_id in sorted({crop.image_id for crop in crops}):
            rgb = self._load_rgb(image_id)  # one picture in memory at a time
            here = {crop for crop in crops if crop.image_id == image_id}
            pieces |= {crop: crop_rgb(rgb, crop.xyxy_px) for crop in here}
        return self._embedder.embed([pieces[crop] for crop in crops])

    def _load_rgb(self, image_id: str) -> RgbImage:
        load = partial(self._using.images.load_image, self._keys[image_id])
        data = read_patiently(load, self._using.sleep)
        return decode_rgb(data, self._using.rules.max_image_pixels)
