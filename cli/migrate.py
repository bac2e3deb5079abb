"""The command ``sorterbot migrate``."""

from __future__ import annotations

from typing import Annotated

import typer

EPILOG = """
**Examples**

  $ sorterbot migrate --database-url postgresql+psycopg2://sorterbot:secret@db/sorterbot

  $ SORTERBOT_DATABASE_URL=postgresql+psycopg2://... sorterbot migrate

The gateway refuses to start on an old schema and names this command. Run it once for each new
version, before the gateways and workers of that version start. Run again, it changes nothing.
`sorterbot up` does it by itself.
"""


def migrate(
    database_url: Annotated[
        str | None,
        typer.Option(
            envvar="SORTERBOT_DATABASE_URL",
            help="Address of the PostgreSQL database, as postgresql+psycopg2://user:password@host/name.",
        ),
    ] = None,
) -> None:
    """Bring a database to the newest schema."""
    from cli.databases import told_database_url
    from storage.schema import migrate as bring_to_head

    database_url = told_database_url(database_url)
    if database_url is None:
        raise typer.BadParameter("say which database: --database-url")
    bring_to_head(database_url)
    typer.echo("The database has the newest schema.")
