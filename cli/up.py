"""The command ``sorterbot up``."""

from __future__ import annotations

import json
import shlex
import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.models import Detector, ScoreThreshold, model_environment

if TYPE_CHECKING:
    from cli.stack import LocalStack

EPILOG = """
**Examples**

  $ sorterbot up

  $ sorterbot up --folder runs/table --port 8080 --gpu-workers 2 --arm LEFT --arm RIGHT

  $ sorterbot up --detector COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml --score-threshold 0.6

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
    robot_door: Annotated[
        bool, typer.Option("--robot-door", help="Let robots of the original SorterBot in, too.")
    ] = False,
    robot_door_port: Annotated[
        int, typer.Option(help="Port of the robots' door.", min=1, max=65535)
    ] = 6000,
    robot_door_host: Annotated[
        str, typer.Option(help="Address on which the robots' door listens.")
    ] = "127.0.0.1",
    flower: Annotated[
        bool, typer.Option("--flower", help="Run Flower too, which shows queues and tasks.")
    ] = False,
    flower_port: Annotated[
        int, typer.Option(help="Port of Flower, on the loopback address only.", min=1, max=65535)
    ] = 5555,
    replay_packages: Annotated[
        Path | None,
        typer.Option(
            help="Make the console's replays, with the model packages in this folder.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    detector: Detector = "",
    score_threshold: ScoreThreshold = None,
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
    and stops them all together. Nothing listens beyond this machine, but the robots' door where
    it is told to.
    """
    from cli.keyring import check_arm_id
    from cli.stack import LocalStack, StackSettings

    arms = arm or ["ARM001"]
    for arm_id in arms:
        check_arm_id(arm_id)
    signal.signal(signal.SIGTERM, _interrupt)
    folder = folder or Path("runs") / f"stack-{datetime.now():%Y%m%d-%H%M%S}"
    models = model_environment(detector, score_threshold)
    settings = StackSettings(
        folder,
        port=port,
        n_gpu_workers=gpu_workers,
        flower_port=flower_port if flower else None,
        replay_packages=replay_packages,
        robot_door_port=robot_door_port if robot_door else None,
        robot_door_host=robot_door_host,
        environment=models,
    )
    typer.echo(f"Starting in {folder}:")
    try:
        with LocalStack(settings, lambda sentence: typer.echo(f"  {sentence}")) as stack:
            _introduce(stack, arms)
            try:
                threading.Event().wait()
            finally:
                typer.echo("\nStopping.")
    except KeyboardInterrupt:
        typer.echo("Everything has stopped.")


def _interrupt(_number: int, _frame: object) -> None:
    """Treat SIGTERM as Ctrl-C."""
    raise KeyboardInterrupt


def _introduce(stack: LocalStack, arms: list[str]) -> None:
    """Say where the gateway is, each arm's key, and what to type next."""
    from cli.keyring import has_key
    from cli.programs import FLOWER_USER

    typer.echo(f"\nThe gateway answers at {stack.gateway_url}; its calls: {stack.gateway_url}/docs")
    typer.echo(f"The console, this link signs you in: {stack.console_address}")
    if stack.settings.flower_port is not None:
        typer.echo(
            f"Flower answers at {stack.flower_url}; user {FLOWER_USER}, "
            f"password {stack.flower_password}"
        )
    if stack.settings.robot_door_port is not None:
        typer.echo(f"Robots of the original are let in at {stack.robot_door_address}")
    for arm_id in arms:
        if has_key(stack.store, arm_id):
            again = f"sorterbot keys create {arm_id} --folder {shlex.quote(str(stack.folder))}"
            typer.echo(f"\n{arm_id} has a key from an earlier run; for another one: {again}")
        else:
            _introduce_arm(stack.gateway_url, arm_id, stack.make_key(arm_id))
    typer.echo("\nCtrl-C stops everything.")


def _introduce_arm(url: str, arm_id: str, key: str) -> None:
    """Say an arm's new key and two ways to use it."""
    document = json.dumps({"arm_id": arm_id})
    typer.echo(
        f"\nKey of {arm_id}, shown this once: {key}\n"
        "In another terminal, a virtual arm, or a session opened by hand:\n"
        f"  sorterbot robot --gateway {url} --arm {arm_id}={key}\n"
        f"  curl -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' "
        f"-d '{document}' {url}/sessions"
    )
