"""A session's pictures sorted once more, by other models, for somebody to look at.

A process of its own does it, so that no robot waits for it: it asks the rows for what is wished,
reads the pictures, and writes down what the models would have planned and what that changes.
Nothing of the session itself is touched. Reasons: docs/adr/0028-replays.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from sorter.commands import plan_document
from sorter.comparison import compare_plans
from sorter.errors import ConflictError, InvalidInputError, NotFoundError, SorterBotError
from sorter.pipeline import sort_session
from sorter.types import Clustering, Photograph, Plan
from storage.ports import ImageStore, Store
from storage.records import ImageRecord, SessionRecord
from storage.views import Replay
from vision.decode import DEFAULT_MAX_PIXELS, decode_rgb
from vision.ports import Detector, Embedder
from vision.postprocessing import unreduced
from workers.crops import StoredCropEmbedder

PAUSE_S = 1.0
"""Between two looks for what is wished."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Replaying:
    """What replays work with.

    Attributes:
        load_detector: Loads the package of that name; of the empty one, the usual detector.
        load_embedder: So this.
        clustering: As the workers' that sort.
    """

    store: Store
    images: ImageStore
    load_detector: Callable[[str], Detector]
    load_embedder: Callable[[str], Embedder]
    clustering: Clustering = Clustering.KMEANS
    max_pixels: int = DEFAULT_MAX_PIXELS
    sleep: Callable[[float], None] = field(default=time.sleep)


def serve_replays(using: Replaying, is_over: Callable[[], bool]) -> None:
    """Run what is wished, one after the other, until told that it is over."""
    while not is_over():
        try:
            has_run = run_next(using)
        except SorterBotError as error:  # the rows did not answer: they may yet
            _log.warning("replays wait", reason=str(error))
            has_run = False
        if not has_run:
            using.sleep(PAUSE_S)


def run_next(using: Replaying) -> bool:
    """Run the oldest replay that waits; False where none does."""
    replay = using.store.claim_replay()
    if replay is None:
        return False
    run_replay(replay, using)
    return True


def run_replay(replay: Replay, using: Replaying) -> None:
    """Run a replay that was begun, and write down what it came to."""
    log = _log.bind(replay_id=replay.replay_id, session_id=replay.session_id)
    log.info("replay began", detector=replay.detector, embedder=replay.embedder)
    try:
        result = replay_session(replay, using)
    except SorterBotError as error:
        using.store.end_replay(replay.replay_id, None, str(error))
    except Exception as error:  # a model's own: the next replay may do better
        log.exception("replay failed")
        using.store.end_replay(replay.replay_id, None, f"{type(error).__name__}: {error}")
    else:
        using.store.end_replay(replay.replay_id, result)


def replay_session(replay: Replay, using: Replaying) -> dict[str, Any]:
    """Return what other models would have planned for a session, and what that changes.

    Raises:
        ConflictError: The session has no plan to compare with.
        InvalidInputError: A package cannot be loaded.
        NotFoundError: There is no such session.
    """
    session = using.store.load_session(replay.session_id)
    before = using.store.load_plan(replay.session_id)
    if before is None:
        raise ConflictError("the session has no commands to compare with")
    images = using.store.load_images(replay.session_id)
    detector = using.load_detector(replay.detector)
    embedder = using.load_embedder(replay.embedder)
    photographs = [
        photograph
        for image in images
        if (photograph := _photograph(image, detector, using)) is not None
    ]
    plan = _plan(session, images, photographs, embedder, using)
    models = {"detector": detector.version, "embedder": embedder.version}
    after = plan_document(plan, models)
    changes = compare_plans(before, after, images[0].size, session.arm.geometry)
    return {"plan": after, "models": models, "changes": changes}


def _photograph(image: ImageRecord, detector: Detector, using: Replaying) -> Photograph | None:
    """Look at a picture, alone; ``None`` where it cannot be read, as in the session."""
    try:
        rgb = decode_rgb(
            using.images.load_image(image.key), using.max_pixels, detector.input_size_px
        )
    except (InvalidInputError, NotFoundError):
        return None
    seen_px = (rgb.shape[1], rgb.shape[0])
    whole_px = (image.size.width_px, image.size.height_px)
    found = unreduced(detector.detect([rgb])[0], seen_px, whole_px)
    return Photograph(image.image_id, image.position_pw, image.size, found)


def _plan(
    session: SessionRecord,
    images: list[ImageRecord],
    photographs: list[Photograph],
    embedder: Embedder,
    using: Replaying,
) -> Plan:
    crops = StoredCropEmbedder(
        {image.image_id: image.key for image in images},
        using.images.load_image,
        embedder,
        using.max_pixels,
    )
    return sort_session(
        session.arm,
        photographs,
        crops,
        clustering=using.clustering,
        at=session.sealed_at,
        n_missing=max(session.expected_images or 0, len(images)) - len(photographs),
    )
