"""Sorts virtual tables in this process: no gateway or queue, the same networks and decisions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from cli.report import clearing_row
from cli.tables import TableSettings
from robot.arm import POSITIONS_PW, VirtualArm
from robot.clearing import MAX_PASSES, Clearing, clear_table
from robot.judge import Score
from robot.session import SessionReport
from sorter.calibration import calibrate
from sorter.commands import plan_document
from sorter.errors import InvalidInputError
from sorter.pipeline import sort_session
from sorter.types import Arm, Clustering, ImageSize, Photograph
from vision.decode import decode_rgb, size_of_picture
from vision.ports import Detector, Embedder
from vision.postprocessing import unreduced
from workers.crops import StoredCropEmbedder


@dataclass(frozen=True, slots=True)
class Networks:
    """What looks at the pictures."""

    detector: Detector
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class SortOptions:
    """How tables are sorted, whatever lies on them.

    Attributes:
        until_clear: Pass after pass, rather than once.
        positions_pw: Where the arm photographs.
        is_calibrated: Whether each arm is calibrated first, by what it sees on another table.
    """

    until_clear: bool = False
    clustering: Clustering = Clustering.KMEANS
    positions_pw: tuple[float, ...] = POSITIONS_PW
    is_calibrated: bool = False

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TableResult:
    """What became of one table.

    Attributes:
        score: In the end.
        first_score: After the first pass; the same where there was only one.
        row: Everything else that a machine may want to know, as JSON values.
    """

    score: Score
    first_score: Score
    row: dict[str, Any]


def sort_table(
    tables: TableSettings,
    number: int,
    networks: Networks,
    options: SortOptions | None = None,
) -> TableResult:
    """Lay a table, photograph it, sort it, carry the plan out, and judge."""
    options = options or SortOptions()
    arm = tables.stand_at(number, f"SCENE{number:04}")
    if options.is_calibrated:
        arm.arm = calibrated(tables.stand_earlier(number, arm.arm.arm_id), options, networks)
    clearing = clear_table(
        arm,
        lambda positions_pw: sort_once(arm, positions_pw, networks, options.clustering),
        time.monotonic,
        positions_pw=options.positions_pw,
        max_passes=MAX_PASSES if options.until_clear else 1,
    )
    return table_result(clearing, tables.seed + number)


def calibrated(arm: VirtualArm, options: SortOptions, networks: Networks) -> Arm:
    """Return the arm as a calibration by its own table makes it, or as it was where none can be."""
    seen = look_at(dict(arm.photographs(options.positions_pw)), networks.detector)
    try:
        calibration = calibrate(
            arm.arm.geometry, seen, calibration_id="measured", made_at=datetime.now(UTC)
        )
    except InvalidInputError:
        return arm.arm
    return calibration.applied_to(arm.arm)


def sort_once(
    arm: VirtualArm,
    positions_pw: Sequence[float],
    networks: Networks,
    clustering: Clustering = Clustering.KMEANS,
) -> SessionReport:
    """Do one session without a gateway: photograph, plan, carry out."""
    before = arm.scene
    pictures = dict(arm.photographs(positions_pw))
    plan = plan_for(arm.arm, pictures, networks, clustering, len(positions_pw))
    deeds = tuple(arm.carry_out(plan))
    positions_by_image = {f"{position_pw:g}": position_pw for position_pw in pictures}
    placements = tuple(arm.load_placements())
    return SessionReport(
        "local", plan, pictures, positions_by_image, before, arm.scene, deeds, placements
    )


def table_result(clearing: Clearing, seed: int) -> TableResult:
    """Return the numbers of a table, without its pictures."""
    return TableResult(clearing.score, clearing.first_score, clearing_row(clearing, seed))


def plan_for(
    arm: Arm,
    pictures: Mapping[float, bytes],
    networks: Networks,
    clustering: Clustering = Clustering.KMEANS,
    n_announced: int = 0,
) -> dict[str, Any]:
    """Return the plan document that the workers would make of these pictures.

    As with the workers, a picture that cannot be read is left out.

    Args:
        pictures: JPEG or PNG bytes, by the position that each was taken at.
        n_announced: Pictures that should have come.
    """
    data = {f"{position_pw:g}": bytes_ for position_pw, bytes_ in pictures.items()}
    photographs = look_at(pictures, networks.detector)
    keys = {image_id: image_id for image_id in data}
    crops = StoredCropEmbedder(keys, data.__getitem__, networks.embedder)
    models = {"detector": networks.detector.version, "embedder": networks.embedder.version}
    n_missing = max(n_announced, len(pictures)) - len(photographs)
    plan = sort_session(arm, photographs, crops, clustering=clustering, n_missing=n_missing)
    return {
        **plan_document(plan, models),
        "state": "done" if len(photographs) == len(pictures) else "partial",
    }


def look_at(pictures: Mapping[float, bytes], detector: Detector) -> list[Photograph]:
    """Return what a worker detects in each picture that can be read; its id tells the position."""
    photographs = []
    for position_pw, data in pictures.items():
        try:
            rgb = decode_rgb(data, enough_px=detector.input_size_px)
        except InvalidInputError:
            continue
        own_px = size_of_picture(data)
        (found,) = detector.detect([rgb])
        detections = unreduced(found, (rgb.shape[1], rgb.shape[0]), own_px)
        name, size = f"{position_pw:g}", ImageSize(*own_px)
        photographs.append(Photograph(name, position_pw, size, detections))
    return photographs
