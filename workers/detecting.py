"""One picture: claim it, read it, detect what it shows, save.

Every way to end is recorded in the picture's row; nothing is raised, because a member that
raises would fail its session's chord.
"""

from __future__ import annotations

import time
from functools import partial

import structlog

from sorter.errors import InvalidInputError, NotFoundError, TransientError
from sorter.types import Detections
from storage.records import ImageClaim, ImageRecord
from storage.views import Reading
from vision.decode import decode_rgb
from vision.postprocessing import unreduced
from workers.queue import publish_images
from workers.retrying import read_patiently, save_patiently
from workers.services import Services

_log = structlog.get_logger(__name__)


def detect_image(image_id: str, session_id: str, using: Services) -> bool:
    """Detect one picture and save what was found; return whether the picture is final.

    Where it is not, somebody else works on it or it will be published again, and the chord of
    its session must not count it yet. A message that comes again while another thread of this
    process works on its picture is for nobody to wait for.
    """
    with using.isolation.once(image_id) as is_first:
        return is_first and _detect_once(image_id, session_id, using)


def _detect_once(image_id: str, session_id: str, using: Services) -> bool:
    try:
        with using.isolation.together():
            claim = _claim(image_id, using, first_only=True)
            if claim is not None:
                return _work(claim, using)
        return _is_final(image_id, session_id, using) or _try_again(image_id, session_id, using)
    except TransientError:
        _log.warning("picture left to the sweeper", image_id=image_id, exc_info=True)
        return False


def _try_again(image_id: str, session_id: str, using: Services) -> bool:
    """Work on a picture that somebody claimed before, with no other beside it."""
    with using.isolation.alone():
        claim = _claim(image_id, using, first_only=False)
        return _is_final(image_id, session_id, using) if claim is None else _work(claim, using)


def _claim(image_id: str, using: Services, *, first_only: bool) -> ImageClaim | None:
    claim = partial(
        using.store.claim_image,
        image_id,
        using.worker_id,
        dead_after_s=using.rules.dead_after_s,
        max_attempts=using.rules.max_attempts,
        first_only=first_only,
    )
    return read_patiently(claim, using.sleep)


def _is_final(image_id: str, session_id: str, using: Services) -> bool:
    """Whether nothing will change for the picture any more; also where it does not exist."""
    try:
        images = read_patiently(partial(using.store.load_images, session_id), using.sleep)
    except NotFoundError:
        return True
    return all(image.image_id != image_id or image.state.is_final for image in images)


def _work(claim: ImageClaim, using: Services) -> bool:
    with using.held.holding(claim):
        return _work_held(claim, using)


def _work_held(claim: ImageClaim, using: Services) -> bool:
    image, store = claim.image, using.store
    try:
        found, reading = _detect(image, using)
        model = using.detector.get().version
        save = partial(store.save_detections, claim, found, model, reading)
        is_saved = save_patiently(save, using.sleep)
        using.metrics.images.labels("detected").inc()
    except (InvalidInputError, NotFoundError) as error:
        _log.warning("picture cannot be read", image_id=image.image_id, reason=str(error))
        is_saved = save_patiently(partial(store.fail_image, claim, str(error)), using.sleep)
        using.metrics.images.labels("failed").inc()
    except Exception as error:  # noqa: BLE001  # a bug or a sick device: attempts are counted
        _log.exception("picture given back", image_id=image.image_id, attempt=claim.attempt)
        using.metrics.images.labels("released").inc()
        _give_back(claim, f"{type(error).__name__}: {error}", using)
        return False
    return is_saved or _is_final(image.image_id, image.session_id, using)


def _detect(image: ImageRecord, using: Services) -> tuple[Detections, Reading]:
    data = read_patiently(partial(using.images.load_image, image.key), using.sleep)
    detector, size_px = using.detector.get(), (image.size.width_px, image.size.height_px)
    with using.pixels.taking(size_px[0] * size_px[1]):
        began_s = time.monotonic()
        rgb = decode_rgb(data, using.rules.max_image_pixels, detector.input_size_px)
        decode_s = time.monotonic() - began_s
        using.metrics.decode_seconds.observe(decode_s)
        seen_px = (rgb.shape[1], rgb.shape[0])
        seen = detector.detect_one(rgb)
    reading = Reading(decode_s, seen.wait_s, seen.forward_s, seen.n_together)
    return unreduced(seen.detections, seen_px, size_px), reading


def _give_back(claim: ImageClaim, reason: str, using: Services) -> None:
    """Release a picture and publish it again, behind what already waits."""
    release = partial(using.store.release_image, claim, reason, is_counted=not using.held.is_ending)
    if save_patiently(release, using.sleep):
        publish_images([claim.image], using.queue, using.store)
