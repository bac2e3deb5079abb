"""The command ``sorterbot robot-door``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

EPILOG = """
**Examples**

  $ sorterbot robot-door --folder runs/table

  $ sorterbot robot-door --folder runs/table --host 0.0.0.0 --network 192.168.178.0/24

**Who may come**

The original's protocol knows no keys, so the door listens on this machine's loopback address unless
`--host` says otherwise. `--network` lets only addresses of a network in. Where SORTERBOT_DOOR_TOKEN
is set, the address that robots are given must go on with it: `cloud_port: 6000/TOKEN`.

**Without a folder**

Database, broker and pictures are those of the environment, as for a gateway.

**Exit status**

0 after Ctrl-C or SIGTERM, when every connection was closed; 1 with one sentence where the door
could not be opened.
"""


def robot_door(
    folder: Annotated[
        Path | None,
        typer.Option(help="Of a local stack that runs, as given to `sorterbot up`."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port for robots, and for what they ask a control panel.")
    ] = 6000,
    network: Annotated[
        list[str] | None,
        typer.Option(
            help="Let robots of this network in and nobody else; may be given several times.",
            show_default="everybody",
        ),
    ] = None,
) -> None:
    """Let robots of the original SorterBot in, unchanged, until Ctrl-C.

    Robots send their pictures and fetch their commands over WebSockets. For those whose control
    panel is gone the door also names their sessions, takes their log records, and starts them.
    """
    from api.logs import configure_logs
    from api.robot_door.bootstrap import run
    from cli.stack_folder import load_connection
    from storage.original_settings import with_original_settings

    configure_logs(os.environ.get("SORTERBOT_LOG_LEVEL", "INFO"))
    joined = load_connection(folder) if folder is not None else {}
    own = {"SORTERBOT_DOOR_HOST": host, "SORTERBOT_DOOR_PORT": str(port)}
    if network:
        own["SORTERBOT_DOOR_NETWORKS"] = ",".join(network)
    run(with_original_settings({**os.environ, **joined, **own}))
