"""The commands ``sorterbot operators create``, ``list`` and ``revoke``."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.keys import DatabaseUrl, Folder, open_store

EPILOG = """
**Examples**

  $ sorterbot operators create Ada --folder runs/table

  $ sorterbot operators list --database-url postgresql+psycopg2://sorterbot:secret@db/sorterbot

  $ sorterbot operators revoke 4f0c2a9be1d7 --folder runs/table
"""

app = typer.Typer(
    help="Make, list and revoke the keys with which people sign in at the console.\n\n"
    "Such a key shows every arm's sessions, and opens none to a robot. Only the hash of its "
    "secret is kept.",
    epilog=EPILOG,
    no_args_is_help=True,
)


@app.command(epilog="  $ sorterbot operators create Ada --folder runs/table")
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, as the console shows it.")],
    database_url: DatabaseUrl = None,
    folder: Folder = None,
) -> None:
    """Make a key for an operator and print it: this once, for it is kept nowhere."""
    from cli.operator_keyring import make_operator_key_for

    typer.echo(make_operator_key_for(open_store(database_url, folder), name))


@app.command("list", epilog="  $ sorterbot operators list --folder runs/table")
def list_operators(database_url: DatabaseUrl = None, folder: Folder = None) -> None:
    """List the keys: their ids, whose they are, and whether they still open the console."""
    from rich.console import Console
    from rich.table import Table

    table = Table("key id", "name", "made", "state")
    for key in open_store(database_url, folder).load_operator_keys():
        state = "in force" if key.revoked_at is None else f"revoked {key.revoked_at:%F %T %Z}"
        table.add_row(key.key_id, key.name, f"{key.created_at:%F %T %Z}", state)
    Console().print(table)


@app.command(epilog="  $ sorterbot operators revoke 4f0c2a9be1d7 --folder runs/table")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id: its 12 letters after `sbo_`.")],
    database_url: DatabaseUrl = None,
    folder: Folder = None,
) -> None:
    """Make a key useless, at once and for good, and sign out whoever is signed in by it."""
    key = open_store(database_url, folder).revoke_operator_key(key_id)
    typer.echo(f"Key {key.key_id} of {key.name} no longer opens the console.")
