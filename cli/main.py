"""The command ``sorterbot``: finds the subcommand that is meant and imports only that."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated, Any

import typer

from sorter.errors import SorterBotError

HELP = """Robots photograph a table and POST the pictures; SorterBot answers with the commands
that sort what lies on it.

`sorterbot demo` shows everything at once, on a virtual table. `sorterbot up` runs the whole
service on this machine, for `sorterbot robot` or robots of your own."""

EPILOG = """
**Examples**

  $ sorterbot demo --items 8 --kinds 3

  $ sorterbot up --port 8080

  $ sorterbot COMMAND --help
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a subcommand is defined, and the line that describes it before it is imported."""

    module: str
    attribute: str
    summary: str
    panel: str


SEE, RUN, LEARN = "See it work", "Run it", "Train and measure"
COMMANDS = {
    "demo": Entry("cli.demo", "demo", "Watch a virtual arm sort a table, start to end.", SEE),
    "robot": Entry("cli.robot", "robot", "Send virtual arms to any gateway.", SEE),
    "up": Entry("cli.up", "up", "Run all of SorterBot on this machine until Ctrl-C.", RUN),
    "robot-door": Entry(
        "cli.robot_door", "robot_door", "Let robots of the original SorterBot in.", RUN
    ),
    "keys": Entry("cli.keys", "app", "Make, list and revoke the robots' bearer keys.", RUN),
    "operators": Entry("cli.operators", "app", "Make and revoke keys to the console.", RUN),
    "quarantine": Entry(
        "cli.quarantine", "app", "Look at pictures that no worker could read.", RUN
    ),
    "replay": Entry("cli.replay", "replay", "Sort a session again, by other models.", RUN),
    "calibrate": Entry(
        "cli.calibrate", "calibrate", "Estimate an arm's frame from what it sees twice.", RUN
    ),
    "migrate": Entry("cli.migrate", "migrate", "Bring a database to the newest schema.", RUN),
    "import-legacy": Entry(
        "cli.import_legacy", "import_legacy", "Bring sessions over from the original's.", RUN
    ),
    "train": Entry("cli.train", "app", "Train the detector or the embedder.", LEARN),
    "evaluate": Entry("cli.evaluate", "evaluate", "Measure a detector on fresh views.", LEARN),
    "export": Entry("cli.export", "export", "Write a model down as ONNX, and compare.", LEARN),
    "pack": Entry("cli.pack", "pack", "Make a model package of weights, or verify one.", LEARN),
    "verify": Entry(
        "cli.verify", "app", "Measure how well it sorts, and what faults do to it.", LEARN
    ),
}


def make_app(chosen: str | None) -> typer.Typer:
    """Return the command line in which ``chosen`` is real and the others only described.

    So ``sorterbot --help`` imports none of them, and ``sorterbot keys`` no network.
    """
    app = typer.Typer(
        name="sorterbot",
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,  # it would ask subcommands that are not imported
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name, entry in COMMANDS.items():
        if name == chosen:
            _mount(app, name, entry)
        else:
            app.command(name, help=entry.summary, rich_help_panel=entry.panel)(_described)
    return app


def _mount(app: typer.Typer, name: str, entry: Entry) -> None:
    """Import a subcommand: a group of its own, or a function with its module's ``EPILOG``."""
    module = importlib.import_module(entry.module)
    command: Any = getattr(module, entry.attribute)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name, rich_help_panel=entry.panel)
    else:
        epilog = getattr(module, "EPILOG", None)
        app.command(name, epilog=epilog, rich_help_panel=entry.panel)(command)


def _described() -> None:
    """Stand for a subcommand that was not asked for."""


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"sorterbot {version('sorterbot')}")
        raise typer.Exit


def _root(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take the options that stand before the subcommand."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and end the process with its exit status.

    0 when it worked, 1 with one sentence when it could not, 2 when it was not understood,
    130 after Ctrl-C.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen = next((word for word in words if not word.startswith("-")), None)
    try:
        make_app(chosen)(words, prog_name="sorterbot")
    except SorterBotError as error:
        typer.echo(f"sorterbot: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
