"""The commands ``sorterbot keys create``, ``list`` and ``revoke``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storage.ports import Store

EPILOG = """
**Examples**

  $ sorterbot keys create ARM001 --folder runs/table

  $ sorterbot keys list --database-url postgresql+psycopg2://sorterbot:secret@db/sorterbot

  $ sorterbot keys revoke 4f0c2a9be1d7 --folder runs/table
"""

app = typer.Typer(
    help="Make, list and revoke the bearer keys that robots show to the gateway.\n\n"
    "A key belongs to one arm: it may register that arm, and see and touch only that arm's "
    "sessions. Only the hash of its secret is kept.",
    epilog=EPILOG,
    no_args_is_help=True,
)

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        envvar="SORTERBOT_DATABASE_URL",
        help="Address of the PostgreSQL database, as postgresql+psycopg2://user:password@host/name.",
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(help="Folder of a local stack that runs (see `sorterbot up`), instead of a URL."),
]


@app.command(epilog="  $ sorterbot keys create ARM001 --folder runs/table")
def create(
    arm_id: Annotated[str, typer.Argument(help="Name of the arm that the key is for.")],
    database_url: DatabaseUrl = None,
    folder: Folder = None,
) -> None:
    """Make a key for an arm and print it: this once, for it is kept nowhere.

    An arm that is not registered yet is, with the usual geometry. An arm may have several keys,
    so that a new one can be brought to the robot before the old one is revoked.
    """
    from cli.keyring import make_key_for

    typer.echo(make_key_for(open_store(database_url, folder), arm_id))


@app.command("list", epilog="  $ sorterbot keys list --arm ARM001 --folder runs/table")
def list_keys(
    database_url: DatabaseUrl = None,
    folder: Folder = None,
    arm: Annotated[str | None, typer.Option(help="Only this arm's keys.")] = None,
) -> None:
    """List the keys: their ids, arms, ages, and whether they still open the gateway."""
    from rich.console import Console
    from rich.table import Table

    table = Table("key id", "arm", "made", "state")
    for key in open_store(database_url, folder).load_keys(arm):
        state = "in force" if key.revoked_at is None else f"revoked {key.revoked_at:%F %T %Z}"
        table.add_row(key.key_id, key.arm_id, f"{key.created_at:%F %T %Z}", state)
    Console().print(table)


@app.command(epilog="  $ sorterbot keys revoke 4f0c2a9be1d7 --folder runs/table")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id: its 12 letters after `sb_`.")],
    database_url: DatabaseUrl = None,
    folder: Folder = None,
) -> None:
    """Make a key useless, at once and for good."""
    key = open_store(database_url, folder).revoke_key(key_id)
    typer.echo(f"Key {key.key_id} of {key.arm_id} no longer opens the gateway.")


def open_store(database_url: str | None, folder: Path | None) -> Store:
    """Return the rows that the options name; the folder wins over the environment."""
    from storage.bootstrap import make_store

    return make_store(database_of(database_url, folder))


def database_of(database_url: str | None, folder: Path | None) -> str:
    """Return the address of the database that the options name; the folder wins."""
    from cli.databases import told_database_url
    from cli.stack_folder import load_connection

    if folder is not None:
        database_url = load_connection(folder)["SORTERBOT_DATABASE_URL"]
    else:
        database_url = told_database_url(database_url)
    if database_url is None:
        raise typer.BadParameter("say which database: --database-url, or --folder")
    return database_url
