"""Holds the promises I1 to I6 against what the database says afterwards.

Every law is a function of one session's entry in the ledger and the evidence about it, and
yields a finding for each time that it is broken. docs/reliability.md states the promises.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np

from cli.faults.evidence import Evidence, load_evidence
from cli.faults.findings import Finding, Harm
from cli.faults.ledger import Ledger, LedgerSession, Receipt
from cli.faults.reference import Reference
from sorter.types import Detections
from storage.ports import ImageStore, Store
from storage.records import Event, ImageState, SessionState
from workers.services import Rules

GRACE_S = Rules().image_grace_s + 60.0
"""After its deadline a session may take as long as its pictures may, and a minute to be sorted."""

FINAL_OF_IMAGE = frozenset({"image.detected", "image.failed"})
REPLAYED = "image.replayed"
FINAL_OF_SESSION = frozenset({"session.done", "session.partial", "session.failed"})
PLANNED = frozenset({SessionState.DONE, SessionState.PARTIAL})

Law = Callable[[LedgerSession, Evidence, Reference], Iterable[Finding]]


def check_ledger(
    ledger: Ledger, store: Store, images: ImageStore, reference: Reference
) -> list[Finding]:
    """Return every broken promise to any session of the ledger.

    Raises:
        TransientError: Database or image store does not answer.
    """
    found = [Finding(Harm.DOUBLED, "", sentence) for sentence in ledger.contradictions]
    for entry in ledger.sessions.values():
        evidence = load_evidence(entry.session_id, store, images)
        found += check_session(entry, evidence, reference)
    return found


def check_session(
    entry: LedgerSession, evidence: Evidence | None, reference: Reference
) -> list[Finding]:
    """Return every broken promise to one session."""
    if evidence is None:
        return [_lost(entry, receipt, "has no session") for receipt in _receipts(entry)]
    return [finding for law in LAWS for finding in law(entry, evidence, reference)]


def pictures_are_kept(entry: LedgerSession, evidence: Evidence, _: Reference) -> Iterator[Finding]:
    """I1: each accepted picture has its row, its bytes, an end, and a session that ends."""
    rows = {image.image_id: image for image in evidence.images}
    for receipt in _receipts(entry):
        row = rows.get(receipt.image_id)
        if row is None:
            yield _lost(entry, receipt, "has no row")
        elif (row.position_pw, row.sha256) != (receipt.position_pw, receipt.sha256):
            yield _lost(entry, receipt, f"has a row of {row.position_pw:g}, {row.sha256}")
        elif not evidence.has_bytes(row.image_id, receipt.sha256):
            yield _lost(entry, receipt, "is not in the image store as it was sent")
        elif not row.state.is_final:
            yield _lost(entry, receipt, f"is still {row.state} after {row.attempt} attempts")
        elif not evidence.session.state.is_final:
            yield _lost(entry, receipt, f"waits in a session that is still {_state(evidence)}")


def pictures_count_once(
    entry: LedgerSession, evidence: Evidence, _: Reference
) -> Iterator[Finding]:
    """I2: no position, index or sighting comes twice, and no picture starts or ends twice."""
    rows = evidence.images
    for values, what in (
        ([image.position_pw for image in rows], "pictures of position"),
        ([image.index for image in rows], "pictures with index"),
        (_images_of(evidence, {"image.received"}), "receptions of picture"),
        (_ends_of_images(evidence), "ends of picture"),
        (_sightings(evidence), "sightings in the plan of"),
    ):
        for value, n in _repeated(values):
            yield Finding(Harm.DOUBLED, entry.session_id, f"{n} {what} {value}")


def detections_are_exact(
    entry: LedgerSession, evidence: Evidence, reference: Reference
) -> Iterator[Finding]:
    """I2: what is kept of a picture is what it shows, no more and no less."""
    for image_id, kept in evidence.detections.items():
        data = evidence.pictures.get(image_id)
        if data is None or _are_same(kept, shown := reference.detections(data)):
            continue
        harm = Harm.DOUBLED if len(kept) > len(shown) else Harm.UNEXPECTED
        yield Finding(
            harm, entry.session_id, f"picture {image_id} shows {len(shown)}, kept are {len(kept)}"
        )


def plan_is_made_once(entry: LedgerSession, evidence: Evidence, _: Reference) -> Iterator[Finding]:
    """I3: a session that ended did so once, and has a plan exactly where it was sorted."""
    ends = [event.kind for event in evidence.events if event.kind in FINAL_OF_SESSION]
    if len(ends) > 1:
        yield Finding(Harm.DOUBLED, entry.session_id, f"it ended {len(ends)} times: {ends}")
    state = evidence.session.state
    if state.is_final and f"session.{state.value}" not in ends:
        yield _unexpected(entry, f"it is {state}, and no event says so")
    if (state in PLANNED) != (evidence.plan is not None):
        yield _unexpected(entry, f"it is {state} with{'out' * (evidence.plan is None)} a plan")


def sorting_comes_last(entry: LedgerSession, evidence: Evidence, _: Reference) -> Iterator[Finding]:
    """I4: sorting begins after the sealing and after the end of every picture."""
    events = evidence.events
    began = next((n for n, event in enumerate(events) if event.kind == "session.sorting"), None)
    if began is None:
        return
    if not any(event.kind == "session.sealed" for event in events[:began]):
        yield _unexpected(entry, "sorting began before it was sealed")
    for image_id in sorted(_late_images(events[began:])):
        yield _unexpected(entry, f"sorting began before picture {image_id} had come to its end")


def session_ends_in_time(
    entry: LedgerSession, evidence: Evidence, _: Reference
) -> Iterator[Finding]:
    """I5: it ends by its deadline and a grace, in a state that was expected."""
    session = evidence.session
    if session.finished_at is None:
        if not entry.receipts:
            yield _unexpected(entry, f"it is still {session.state}")
        return  # its pictures count as lost
    latest = session.deadline_at + timedelta(seconds=GRACE_S)
    if session.finished_at > latest:
        yield _unexpected(entry, f"it ended {session.finished_at - latest} too late")
    if session.state not in entry.ends:
        yield _unexpected(entry, f"it is {session.state}, not {', '.join(sorted(entry.ends))}")


def only_declared_pictures_fail(
    entry: LedgerSession, evidence: Evidence, _: Reference
) -> Iterator[Finding]:
    """I1: no picture fails that was not meant to, and none that was is read."""
    for image in evidence.images:
        is_meant = image.position_pw in entry.failing
        if is_meant and image.state is ImageState.DETECTED:
            yield _unexpected(entry, f"the picture at {image.position_pw:g} did not fail")
        if not is_meant and image.state is ImageState.FAILED and _must_be_whole(entry):
            yield _unexpected(
                entry, f"the picture at {image.position_pw:g} failed: {image.failure}"
            )


def nothing_else_came(entry: LedgerSession, evidence: Evidence, _: Reference) -> Iterator[Finding]:
    """I2: every row is of a picture that its robot offered."""
    for image in evidence.images:
        if (image.position_pw, image.sha256) not in entry.offers:
            yield _unexpected(
                entry, f"picture {image.image_id} at {image.position_pw:g} was never sent"
            )


def commands_are_the_same(
    entry: LedgerSession, evidence: Evidence, reference: Reference
) -> Iterator[Finding]:
    """I6: the commands are those of an undisturbed session of the same pictures, byte for byte."""
    if evidence.plan is None or not entry.is_compared:
        return
    pictures = {
        image.position_pw: evidence.pictures[image.image_id]
        for image in evidence.images
        if image.state is ImageState.DETECTED and image.image_id in evidence.pictures
    }
    expected = json.dumps(reference.commands(entry.arm, pictures))
    if json.dumps(evidence.plan["commands"]) != expected:
        yield _unexpected(entry, "its commands differ from those of an undisturbed session")


LAWS: tuple[Law, ...] = (
    pictures_are_kept,
    pictures_count_once,
    detections_are_exact,
    plan_is_made_once,
    sorting_comes_last,
    session_ends_in_time,
    only_declared_pictures_fail,
    nothing_else_came,
    commands_are_the_same,
)


def _receipts(entry: LedgerSession) -> list[Receipt]:
    return sorted(entry.receipts.values(), key=lambda receipt: receipt.position_pw)


def _lost(entry: LedgerSession, receipt: Receipt, what: str) -> Finding:
    sentence = f"the accepted picture at {receipt.position_pw:g} ({receipt.image_id}) {what}"
    return Finding(Harm.LOST, entry.session_id, sentence)


def _unexpected(entry: LedgerSession, sentence: str) -> Finding:
    return Finding(Harm.UNEXPECTED, entry.session_id, sentence)


def _state(evidence: Evidence) -> str:
    return evidence.session.state.value


def _must_be_whole(entry: LedgerSession) -> bool:
    return entry.ends == frozenset({SessionState.DONE}) or bool(entry.failing)


def _repeated(values: Iterable[Any]) -> list[tuple[Any, int]]:
    return [(value, n) for value, n in Counter(values).items() if n > 1]


def _images_of(evidence: Evidence, kinds: Iterable[str]) -> list[str]:
    return [event.data["image_id"] for event in evidence.events if event.kind in kinds]


def _ends_of_images(evidence: Evidence) -> list[str]:
    """Return the picture of each end that stands: a picture that is replayed may end once more."""
    ends: list[str] = []
    for event in evidence.events:
        if event.kind in FINAL_OF_IMAGE:
            ends.append(event.data["image_id"])
        elif event.kind == REPLAYED and event.data["image_id"] in ends:
            ends.remove(event.data["image_id"])
    return ends


def _late_images(events: Iterable[Event]) -> set[str]:
    return {event.data["image_id"] for event in events if event.kind.startswith("image.")}


def _sightings(evidence: Evidence) -> list[tuple[str, int]]:
    plan = evidence.plan or {}
    things = [*plan.get("items", ()), *plan.get("containers", ())]
    return [(image_id, row) for thing in things for image_id, row in thing["sightings"]]


def _are_same(one: Detections, other: Detections) -> bool:
    return (
        np.array_equal(one.xyxy_px, other.xyxy_px)
        and np.array_equal(one.labels, other.labels)
        and np.array_equal(one.scores, other.scores)
    )
