"""The commands ``sorterbot quarantine list``, ``show``, ``replay`` and ``drop``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.keys import DatabaseUrl, Folder, open_store

if TYPE_CHECKING:
    from storage.records import QuarantinedImage

EPILOG = """
**Examples**

  $ sorterbot quarantine list --folder runs/table

  $ sorterbot quarantine show 6d0f0c5f7a5d4c0f8a52f6a1b4a0c7e3 --folder runs/table

  $ sorterbot quarantine replay 6d0f0c5f7a5d4c0f8a52f6a1b4a0c7e3 --folder runs/table
"""

app = typer.Typer(
    help="Look at pictures that have used up their attempts, and decide what becomes of them.\n\n"
    "A picture that three times failed, or ended the worker that read it, is set apart as failed, "
    "and its session goes on without it. Nothing of it is deleted.",
    epilog=EPILOG,
    no_args_is_help=True,
)

ImageId = Annotated[str, typer.Argument(help="The picture's id, as `list` has it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead, for a program to read.")]
ImageStoreUrl = Annotated[
    str | None,
    typer.Option(
        "--image-store",
        envvar="SORTERBOT_IMAGE_STORE",
        help="Where the pictures lie, file:///folder or s3://bucket/prefix, to say where this one"
        " does.",
    ),
]


@app.command("list", epilog="  $ sorterbot quarantine list --json --folder runs/table")
def list_quarantine(
    database_url: DatabaseUrl = None, folder: Folder = None, *, as_json: AsJson = False
) -> None:
    """List the pictures in quarantine, the one that has been there longest first."""
    found = open_store(database_url, folder).load_quarantine()
    if as_json:
        _print_json([quarantine_document(one) for one in found])
        return
    _print_table(found)


@app.command(epilog="  $ sorterbot quarantine show IMAGE_ID --folder runs/table")
def show(
    image_id: ImageId,
    database_url: DatabaseUrl = None,
    folder: Folder = None,
    image_store: ImageStoreUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Say all that is known of one picture: why, which workers tried, where its bytes lie."""
    found = open_store(database_url, folder).load_quarantined(image_id)
    document = quarantine_document(found, _address(image_store, folder))
    if as_json:
        _print_json(document)
        return
    for name, value in document.items():
        said = ", ".join(value) if isinstance(value, list) else value
        typer.echo(f"{name.replace('_', ' '):>14}  {'-' if said is None else said}")


@app.command(epilog="  $ sorterbot quarantine replay IMAGE_ID --folder runs/table")
def replay(image_id: ImageId, database_url: DatabaseUrl = None, folder: Folder = None) -> None:
    """Let a picture be tried anew, with fresh attempts, as long as its session is not sorted.

    A session that is over stays as it is: its robot may already move by its plan.
    """
    image = open_store(database_url, folder).replay_image(image_id)
    typer.echo(f"Picture {image.image_id} is published again within seconds.")


@app.command(epilog="  $ sorterbot quarantine drop IMAGE_ID --folder runs/table")
def drop(image_id: ImageId, database_url: DatabaseUrl = None, folder: Folder = None) -> None:
    """Take a picture off the list. It stays failed, and its bytes stay where they are."""
    image = open_store(database_url, folder).drop_quarantined(image_id)
    typer.echo(f"Picture {image.image_id} is no longer listed; its bytes stay at {image.key}.")


def quarantine_document(found: QuarantinedImage, address: str | None = None) -> dict[str, Any]:
    """Return what is known of a picture in quarantine, as JSON has it.

    Args:
        address: Of the image store; ``None`` where nobody said which it is.
    """
    image = found.image
    return {
        "image_id": image.image_id,
        "session_id": image.session_id,
        "session_state": found.session_state.value,
        "arm_id": found.arm_id,
        "index": image.index,
        "position_pw": image.position_pw,
        "quarantined_at": found.quarantined_at.isoformat(timespec="seconds"),
        "received_at": image.received_at.isoformat(timespec="seconds"),
        "reason": image.failure,
        "last_error": found.last_error,
        "attempts": image.attempt,
        "worker_ids": list(found.worker_ids),
        "width_px": image.size.width_px,
        "height_px": image.size.height_px,
        "n_bytes": image.n_bytes,
        "sha256": image.sha256,
        "key": image.key,
        "bytes_at": None if address is None else f"{address.rstrip('/')}/{image.key}",
        "request_id": image.request_id,
    }


def _address(image_store: str | None, folder: Path | None) -> str | None:
    """Return where the pictures lie; the folder wins over the environment."""
    from cli.stack_folder import load_connection

    return image_store if folder is None else load_connection(folder)["SORTERBOT_IMAGE_STORE"]


def _print_json(document: Any) -> None:
    import json

    typer.echo(json.dumps(document, indent=2))


def _print_table(found: list[QuarantinedImage]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(Column("picture", no_wrap=True), "arm", "session is", "since", "why")
    for one in found:
        table.add_row(
            one.image.image_id,
            one.arm_id,
            one.session_state.value,
            f"{one.quarantined_at:%F %T %Z}",
            one.last_error or "each worker ended with it in hand",
        )
    Console().print(table)
