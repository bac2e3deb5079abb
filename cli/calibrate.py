"""The command ``sorterbot calibrate``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.models import DETECTOR_HELP

if TYPE_CHECKING:
    from cli.calibration_sources import Source
    from sorter.calibration import Calibration
    from storage.ports import Store

EPILOG = """
**Examples**

  $ sorterbot calibrate --session 0b7f8d0a9c3e4f6b8a1d2c3e4f5a6b7c --folder runs/table --save

  $ sorterbot calibrate --pictures photographs --json runs/arm.json --draw runs/arm.png

  $ sorterbot calibrate --virtual 6000 --disturb radius=0.03,roll=3,distortion=-0.1

Spread twenty things or more over all of the table, take pictures close together, and let nothing
move between them: what two pictures both show whole is what tells. The JSON file holds the arm
as its robot should register it from now on; otherwise the robot's next `PUT` takes the old one
back.
"""


Session = Annotated[str | None, typer.Option(help="Calibrate from this session's pictures.")]
Arm = Annotated[
    str | None, typer.Option(help="The arm; with --session, only a check of whose it is.")
]
Pictures = Annotated[
    Path | None,
    typer.Option(help="Calibrate from this folder's pictures, called 1400.jpg and so on."),
]
Virtual = Annotated[
    int | None,
    typer.Option(min=0, help="Calibrate a virtual arm at the table of this seed, to see how."),
]
Disturb = Annotated[
    str,
    typer.Option(
        help="How the virtual arm differs from what it registers, as NAME=VALUE,...",
        show_default=False,
    ),
]
Save = Annotated[
    bool, typer.Option("--save", help="Write the session's calibration into the arm's row.")
]
Name = Annotated[
    str | None, typer.Option("--id", help="Id of the calibration.", show_default="made up")
]
Json = Annotated[Path | None, typer.Option(help="Write the result to this file, for machines.")]
Draw = Annotated[
    Path | None, typer.Option(help="Draw the residuals before and after to this PNG file.")
]
Detector = Annotated[
    str,
    typer.Option(
        envvar="SORTERBOT_DETECTOR",
        help=f"For pictures that nobody looked at yet. {DETECTOR_HELP}",
        show_default="the shipped one",
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        envvar="SORTERBOT_DATABASE_URL", help="Address of the database that has the session."
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(help="Folder of a local stack that runs, instead of a database's address."),
]


def calibrate(
    session: Session = None,
    arm: Arm = None,
    pictures: Pictures = None,
    virtual: Virtual = None,
    disturb: Disturb = "",
    save: Save = False,
    name: Name = None,
    json: Json = None,
    draw: Draw = None,
    detector: Detector = "",
    database_url: DatabaseUrl = None,
    folder: Folder = None,
) -> None:
    """Estimate an arm's radius, roll and lens from what its pictures show twice.

    Says how surely each is known and how far sightings of one thing lie apart before and after;
    where the pictures do not tell, it says what is lacking and changes nothing.
    """
    from sorter.calibration import calibrate as estimate

    if [session, pictures, virtual].count(None) != 2:
        raise typer.BadParameter("give one of --session, --pictures and --virtual")
    if save and session is None:
        raise typer.BadParameter("only a session's arm has a row to --save to")
    store = None
    if session is not None:
        store = _store(database_url, folder)
        source = _from_session(store, session, arm)
    else:
        source = _from_pictures(pictures, virtual, disturb, detector, arm)
    calibration = estimate(
        source.arm.geometry,
        source.photographs,
        calibration_id=name or source.calibration_id,
        made_at=source.taken_at,
    )
    _show(source, calibration)
    _leave(source, calibration, json, draw)
    if save and store is not None:
        save_calibration(store, source.arm.arm_id, calibration)


def _store(database_url: str | None, folder: Path | None) -> Store:
    from cli.keys import open_store

    return open_store(database_url, folder)


def _from_session(store: Store, session_id: str, arm_id: str | None) -> Source:
    from cli.calibration_sources import session_source

    return session_source(store, session_id, arm_id)


def _from_pictures(
    pictures: Path | None, seed: int | None, disturb: str, detector: str, arm_id: str | None
) -> Source:
    from cli.calibration_sources import folder_source, virtual_source
    from vision.load import load_detector

    eyes = load_detector(detector)
    if pictures is not None:
        return folder_source(pictures, eyes, arm_id or "ARM001")
    return virtual_source(seed or 0, disturb, eyes, datetime.now(UTC))


def _show(source: Source, calibration: Calibration) -> None:
    from rich.console import Console

    from cli.calibration_report import residual_table, verdict, views_table

    console = Console(highlight=False)
    console.print(residual_table(source, calibration))
    console.print(views_table(calibration))
    console.print(verdict(calibration))


def _leave(
    source: Source, calibration: Calibration, json: Path | None, drawing: Path | None
) -> None:
    if json is not None:
        from cli.calibration_report import calibration_document
        from cli.report import write_json

        write_json(json, calibration_document(source, calibration))
        typer.echo(f"The arm, as its robot should register it: {json}")
    if drawing is not None:
        from cli.calibration_drawing import save_drawing
        from sorter.calibration import overlap_of

        overlap = overlap_of(source.photographs, calibration)
        save_drawing(overlap, source.arm.geometry, calibration, drawing)
        typer.echo(f"The residuals, drawn: {drawing}")


def save_calibration(store: Store, arm_id: str, calibration: Calibration) -> None:
    """Calibrate the arm as it is registered now, which may be later than the session."""
    store.save_arm(calibration.applied_to(store.load_arm(arm_id)))
    typer.echo(f"Saved: {arm_id} now has calibration {calibration.calibration_id}.")
