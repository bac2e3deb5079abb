from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from cli.calibrate import save_calibration
from cli.calibration_drawing import save_drawing
from cli.calibration_report import calibration_document, residual_table, verdict, views_table
from cli.calibration_sources import Source, folder_source, session_source
from cli.main import main
from robot.camera import encode_jpeg
from sorter.calibration import Calibration, calibrate, overlap_of
from sorter.errors import ConflictError, InvalidInputError
from sorter.types import Arm, ArmGeometry, Photograph
from tests.factories import make_image_claim, make_new_image, make_session
from tests.fakes import FakeDetector, FakeStore
from tests.unit.sorter.seen_by import photographs_by
from tests.unit.sorter.tables import POSITIONS_PW, make_container, scattered

TRUE = ArmGeometry(radius_px=1530, roll_deg=2)
TABLE = [*scattered(14, seed=3), make_container(-600, 1500), make_container(500, 1600)]
MADE_AT = datetime(2026, 7, 1, 8, tzinfo=UTC)


def make_source(truth: ArmGeometry | None = None) -> Source:
    seen = photographs_by(TRUE, TABLE, POSITIONS_PW, noise_px=2)
    return Source(Arm("arm-1"), tuple(seen), "c-1", MADE_AT, truth)


def calibrated(source: Source) -> Calibration:
    return calibrate(
        source.arm.geometry,
        source.photographs,
        calibration_id=source.calibration_id,
        made_at=source.taken_at,
    )


def shown(table: object) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def make_seen_session(store: FakeStore, photographs: Sequence[Photograph]) -> str:
    """Return a session whose pictures a detector has looked at."""
    session_id = make_session(store).session_id
    for photograph in photographs:
        new = make_new_image(photograph.position_pw, f"{photograph.position_pw}".encode())
        image = store.accept_image(session_id, new, None).image
        claim = make_image_claim(store, image.image_id)
        store.save_detections(claim, photograph.detections, "detector@1")
    return session_id


def test_a_sessions_detections_calibrate_its_arm() -> None:
    store = FakeStore()
    session_id = make_seen_session(store, make_source().photographs)
    source = session_source(store, session_id, "arm-1")
    found = calibrated(source)
    save_calibration(store, source.arm.arm_id, found)
    arm = store.load_arm("arm-1")
    assert arm.geometry.radius_px == pytest.approx(1530, abs=25)
    assert (arm.geometry, arm.calibration_id) == (found.geometry, source.calibration_id)
    assert arm.calibrated_at == store.load_session(session_id).opened_at


def test_a_session_of_another_arm_is_refused() -> None:
    store = FakeStore()
    with pytest.raises(ConflictError, match="arm-1"):
        session_source(store, make_session(store).session_id, "arm-2")


def test_a_folders_pictures_are_called_by_their_positions(tmp_path: Path) -> None:
    data = encode_jpeg(np.zeros((48, 64, 3), np.uint8))
    for name in ("1400.jpg", "1200.5.JPG", "notes.txt"):
        (tmp_path / name).write_bytes(data)
    source = folder_source(tmp_path, FakeDetector(), "ARM001")
    assert sorted(photo.position_pw for photo in source.photographs) == [1200.5, 1400.0]
    assert source.calibration_id.endswith(tmp_path.name)


def test_a_folder_of_no_pictures_or_of_other_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no picture"):
        folder_source(tmp_path, FakeDetector(), "ARM001")
    (tmp_path / "left.jpg").write_bytes(b"")
    with pytest.raises(InvalidInputError, match="'left'"):
        folder_source(tmp_path, FakeDetector(), "ARM001")


def test_tables_name_every_parameter_every_view_and_the_truth_where_it_is_known() -> None:
    source = make_source(truth=TRUE)
    found = calibrated(source)
    told = shown(residual_table(source, found)) + shown(views_table(found)) + verdict(found)
    for word in ("radius_px", "roll_deg", "distortion", "1530.0", "1000", "1800", "c-1"):
        assert word in told
    assert "truth" not in shown(residual_table(make_source(), found))


def test_the_document_holds_the_body_that_registers_the_arm() -> None:
    source = make_source()
    document = json.loads(json.dumps(calibration_document(source, calibrated(source))))
    assert document["arm"]["geometry"] == document["geometry"]
    assert document["arm"]["calibration_id"] == "c-1"
    assert document["arm"]["leave_unsure"] is False
    assert document["residual_px"] < document["residual_before_px"]


def test_the_drawing_is_a_picture(tmp_path: Path) -> None:
    source = make_source()
    found = calibrated(source)
    path = tmp_path / "deep" / "residuals.png"
    save_drawing(overlap_of(source.photographs, found), source.arm.geometry, found, path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--virtual", "1", "--session", "a"],
        ["--virtual", "1", "--save"],
        ["--session", "a"],
    ],
)
def test_a_source_that_is_lacking_or_doubled_is_refused(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SORTERBOT_DATABASE_URL", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(["calibrate", *words])
    assert ended.value.code == 2
