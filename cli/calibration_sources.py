"""Where a calibration's photographs come from: a session, a folder of pictures, a virtual arm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sorter.errors import ConflictError, InvalidInputError
from sorter.types import Arm, ArmGeometry, Photograph

if TYPE_CHECKING:
    from storage.ports import Store
    from vision.ports import Detector

ENDINGS = (".jpg", ".jpeg", ".png")
VIRTUAL_POSITIONS_PW = tuple(range(1800, 999, -100))
"""Twice as many as a session takes, so that each thing is seen more often."""

VIRTUAL_ITEMS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What there is to calibrate from.

    Attributes:
        arm: As it was when the pictures were taken.
        photographs: With what was detected in them.
        calibration_id: What the calibration is to be called unless told.
        taken_at: Aware.
        truth: The geometry that is to be found, where it is known.
    """

    arm: Arm
    photographs: tuple[Photograph, ...]
    calibration_id: str
    taken_at: datetime
    truth: ArmGeometry | None = None


def session_source(store: Store, session_id: str, arm_id: str | None) -> Source:
    """Return what a session's pictures showed, in any state of the session.

    Raises:
        NotFoundError: There is no such session.
        ConflictError: It is another arm's.
    """
    session = store.load_session(session_id)
    if arm_id is not None and session.arm.arm_id != arm_id:
        raise ConflictError(f"the session is one of {session.arm.arm_id}, not of {arm_id}")
    taken_at = session.sealed_at or session.opened_at
    return Source(
        session.arm,
        tuple(store.load_photographs(session_id)),
        f"{taken_at:%Y-%m-%d}-{session_id[:8]}",
        taken_at,
    )


def folder_source(folder: Path, detector: Detector, arm_id: str) -> Source:
    """Return what a detector finds in pictures named by their positions, as ``1400.jpg``.

    Raises:
        InvalidInputError: There is no picture, or one of another name.
    """
    from cli.bench import look_at

    files = {path.stem: path for path in sorted(folder.glob("*")) if path.suffix.lower() in ENDINGS}
    pictures = {_position_from_name(name): path.read_bytes() for name, path in files.items()}
    if not pictures:
        raise InvalidInputError(f"{folder} holds no picture; they are called 1400.jpg and so on")
    taken_at = datetime.fromtimestamp(max(path.stat().st_mtime for path in files.values()), UTC)
    return Source(
        Arm(arm_id),
        tuple(look_at(pictures, detector)),
        f"{taken_at:%Y-%m-%d}-{folder.resolve().name}",
        taken_at,
    )


def virtual_source(seed: int, disturbances: str, detector: Detector, taken_at: datetime) -> Source:
    """Return what a detector finds on a virtual table, photographed by an arm that is disturbed.

    Args:
        disturbances: As ``sorterbot verify sort --disturb`` takes them.

    Raises:
        InvalidInputError: The disturbances are not understood.
    """
    from cli.bench import look_at
    from cli.tables import TableSettings
    from robot.disturbances import disturbances_from_text

    disturbed = disturbances_from_text(disturbances)
    tables = TableSettings(seed, n_items=VIRTUAL_ITEMS, disturbances=disturbed)
    arm = tables.stand_at(0, "VIRTUAL")
    pictures = dict(arm.photographs(VIRTUAL_POSITIONS_PW))
    seen = tuple(look_at(pictures, detector))
    return Source(arm.arm, seen, f"virtual-{seed}", taken_at, arm.truth)


def _position_from_name(name: str) -> float:
    try:
        return float(name)
    except ValueError as error:
        raise InvalidInputError(
            f"a picture is called by the position that it was taken at, as 1400.jpg, not {name!r}"
        ) from error
