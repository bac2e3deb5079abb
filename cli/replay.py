"""The command ``sorterbot replay``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.keys import Folder

if TYPE_CHECKING:
    from storage.views import Replay
    from workers.bootstrap import Environment
    from workers.replaying import Replaying

EPILOG = """
**Examples**

  $ sorterbot replay 6d0f0c5f7a5d4c0f8a52f6a1b4a0c7e3 --detector runs/new --folder runs/table

  $ sorterbot replay --serve --packages runs/packages --folder runs/table

**Exit status**

0 when the replay was made, whatever it changes; 1 with one sentence when it was not.
"""


def replay(
    session_id: Annotated[
        str, typer.Argument(help="The session whose pictures are sorted once more.")
    ] = "",
    detector: Annotated[
        str, typer.Option(help="Detector package; the workers' own unless told.")
    ] = "",
    embedder: Annotated[
        str, typer.Option(help="Embedder package; the workers' own unless told.")
    ] = "",
    serve: Annotated[
        bool, typer.Option("--serve", help="Run what the console asks for, until Ctrl-C.")
    ] = False,
    packages: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the packages that the console may name, with --serve.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    folder: Folder = None,
) -> None:
    """Sort a session's pictures once more, by other models, and say what that would change.

    The session stays as it is: its robot's commands do not change. Every picture is read anew, in
    this process, beside the workers. Without --folder, the environment names database and
    pictures, as for a worker.
    """
    from workers.replay_server import make_replaying
    from workers.replay_server import serve as serve_replays

    environment = _environment(folder)
    if serve:
        serve_replays(environment, packages)
        return
    if not session_id:
        raise typer.BadParameter("name a session, or --serve")
    using = make_replaying(environment, lambda name, usual: name or usual)
    _say(_run(session_id, detector, embedder, using))


def _environment(folder: Path | None) -> Environment:
    from cli.stack_folder import load_connection
    from storage.original_settings import with_original_settings
    from workers.bootstrap import read_environment

    told = {} if folder is None else load_connection(folder)
    return read_environment(with_original_settings({**os.environ, **told}))


def _run(session_id: str, detector: str, embedder: str, using: Replaying) -> Replay:
    from workers.replaying import run_replay

    # Begun by us, or a process that serves replays would take it up, and knows no paths.
    asked = using.store.ask_replay(session_id, detector, embedder, is_begun=True)
    run_replay(asked, using)
    made = using.store.load_replays(session_id)
    return next(one for one in made if one.replay_id == asked.replay_id)


def _say(made: Replay) -> None:
    from sorter.errors import ConflictError

    if made.result is None:
        raise ConflictError(made.failure or "the replay was not made")
    changes: dict[str, Any] = made.result["changes"]
    for kind in ("moved", "lost", "gained"):
        for sentence in changes[kind]:
            typer.echo(sentence)
    typer.echo(
        f"{len(changes['kept'])} items as they were, {len(changes['moved'])} to another container, "
        f"{len(changes['lost'])} without a command now, {len(changes['gained'])} with one."
    )
