"""One session: claim it, load what was detected, plan, save; safe to run twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog

from sorter.commands import plan_document
from sorter.errors import SorterBotError, TransientError
from sorter.explanation import explain_plan
from sorter.pipeline import sort_session as plan_session
from storage.records import Document, ImageRecord, SessionClaim
from vision.ports import Embedder
from workers.crops import StoredCropEmbedder
from workers.noting import NotingEmbedder, StageTimes
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
            with using.held.holding(claim):
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
        plan, explanation = _plan(claim, using)
        end = partial(using.store.save_plan, claim, plan, explanation)
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


def _plan(claim: SessionClaim, using: Services) -> tuple[Document, Document | None]:
    """Return the session's plan, and how it came about."""
    session_id = claim.session.session_id
    photographs = read_patiently(partial(using.store.load_photographs, session_id), using.sleep)
    images = read_patiently(partial(using.store.load_images, session_id), using.sleep)
    embedder = using.embedder.get()
    crops = NotingEmbedder(make_crop_embedder(images, using, embedder))
    stages = StageTimes(crops)
    n_announced = max(claim.session.expected_images or 0, len(images))
    plan = plan_session(
        claim.session.arm,
        photographs,
        crops,
        clustering=using.clustering,
        at=claim.session.sealed_at,
        n_missing=n_announced - len(photographs),
        tell=stages.end,
    )
    using.metrics.note_sort(stages.told())
    models = {"detector": _detectors(images), "embedder": embedder.version}
    explain = partial(explain_plan, claim.session.arm, photographs, plan, crops.looks)
    return plan_document(plan, models), _explanation(explain, stages)


def _explanation(explain: Callable[[], dict[str, Any]], stages: StageTimes) -> Document | None:
    """Return how a plan came about; ``None`` rather than to lose the plan for it."""
    try:
        return {**explain(), "stages_s": stages.told()}
    except Exception:  # noqa: BLE001  # a bug here must not cost a robot its commands
        _log.exception("plan cannot be explained")
        return None


def _detectors(images: Sequence[ImageRecord]) -> str:
    """Name the detectors that read the pictures: one, except while workers are replaced."""
    return ", ".join(sorted({image.model for image in images if image.model is not None}))


def make_crop_embedder(
    images: Sequence[ImageRecord], using: Services, embedder: Embedder
) -> StoredCropEmbedder:
    """Return what looks at these pictures, with patience for the image store."""
    return StoredCropEmbedder(
        {image.image_id: image.key for image in images},
        lambda key: read_patiently(partial(using.images.load_image, key), using.sleep),
        embedder,
        using.rules.max_image_pixels,
        using.reads_at_a_time,
    )
