"""The command ``sorterbot up``."""

from __future__ import annotations

import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from cli.stack import LocalStack

EPILOG = """
**Examples**

  $ sorterbot up

  $ sorterbot up --folder runs/table --port 8080 --gpu-workers 2 --arm LEFT --arm RIGHT

**What it keeps**

With --folder, rows, pictures and keys are there again the next time. Everything that the
processes say is in the folder's `logs`. `stack.env` in it holds the addresses of database and
broker, for whoever wants to look inside or to add a worker.

**Exit status**

0 after Ctrl-C or SIGTERM, when everything has stopped; 1 where something could not be started.
"""


def up(
    port: Annotated[
        int, typer.Option(help="Port of the gateway, on this machine's loopback address only.")
    ] = 8000,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Keeps everything; used again, its data are there again.",
            show_default="runs/stack-DATE-TIME",
        ),
    ] = None,
    gpu_workers: Annotated[
        int, typer.Option(help="Processes that detect; on a GPU machine, one a GPU.", min=1)
    ] = 1,
    arm: Annotated[
        list[str] | None,
        typer.Option(
            help="An arm to make a key for, which is printed once; may be given several times.",
            show_default="ARM001",
        ),
    ] = None,
) -> None:
    """Run all of SorterBot on this machine until Ctrl-C.

    Starts PostgreSQL and Redis (both come with the installation), the gateway, the workers that
    detect, the one that sorts, and the clock that repairs; starts again whichever of them dies;
    and stops them all together. Nothing listens beyond this machine.
    """
    from rich.console import Console

    from cli.keyring import check_arm_id
    from cli.stack import LocalStack, StackSettings

    arms = arm or ["ARM001"]
    for arm_id in arms:
        check_arm_id(arm_id)
    console = Console()
    signal.signal(signal.SIGTERM, _interrupt)
    folder = folder or Path("runs") / f"stack-{datetime.now():%Y%m%d-%H%M%S}"
    settings = StackSettings(folder, port=port, n_gpu_workers=gpu_workers)
    try:
        with LocalStack(
            settings, lambda text: console.print(f"  {text}", highlight=False)
        ) as stack:
            _introduce(stack, arms, console)
            try:
                threading.Event().wait()
            finally:
                console.print("\nStopping.")
    except KeyboardInterrupt:
        console.print("Everything has stopped.")


def _interrupt(_number: int, _frame: object) -> None:
    """Treat SIGTERM as Ctrl-C."""
    raise KeyboardInterrupt


def _introduce(stack: LocalStack, arms: list[str], console: Console) -> None:
    """Say where the gateway is, each arm's key, and what to type next."""
    from cli.keyring import has_key

    console.print(f"\nThe gateway answers at [bold]{stack.gateway_url}[/bold]", highlight=False)
    console.print(f"Everything is kept in {stack.folder}\n", highlight=False, soft_wrap=True)
    for arm_id in arms:
        if has_key(stack.store, arm_id):
            console.print(
                f"{arm_id} has a key from an earlier run; another one: "
                f"sorterbot keys create {arm_id} --folder '{stack.folder}'",
                highlight=False,
                soft_wrap=True,
            )
            continue
        key = stack.make_key(arm_id)
        console.print(
            f"Key of {arm_id}, shown this once: [bold]{key}[/bold]", highlight=False, soft_wrap=True
        )
        console.print(
            f"Try it, in another terminal:\n"
            f"  sorterbot robot --gateway {stack.gateway_url} --arm {arm_id} --key {key}\n"
            f"  curl -H 'Authorization: Bearer {key}' -X POST {stack.gateway_url}/sessions "
            f"-H 'Content-Type: application/json' -d '{{\"arm_id\": \"{arm_id}\"}}'",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )
    console.print("\nCtrl-C stops everything.")
