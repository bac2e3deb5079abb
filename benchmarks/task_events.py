"""What task events, by which Flower sees tasks, cost the path of a picture.

python -m benchmarks.task_events --json runs/task_events.json

One local stack with stand-ins for the networks reads rounds of pictures, by turns with its worker's
events on and off. Compared is processor time, not the clock's: other work on the machine then
matters little, and the less as each pair of rounds is compared by itself.
"""

from __future__ import annotations

import statistics
import tempfile
import time
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Annotated

import psutil
import typer
from rich.console import Console

from cli.faults.tables import POSITIONS_PW, arm_named, picture
from cli.report import write_json
from cli.stack import LocalStack, StackSettings
from robot.client import GatewayClient, SessionRequest, connect
from workers.celery_app import make_celery

ARM_ID = "EVENTS"
SERVICES = ("gpu-worker", "redis", "flower")
SETTINGS = {
    "SORTERBOT_DETECTOR": "stand-in",
    "SORTERBOT_EMBEDDER": "stand-in",
    "SORTERBOT_TASK_EVENTS": "0",  # only then can they be switched on and off from outside
}


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor milliseconds a picture of one service, medians of the rounds.

    Attributes:
        ratio: With events by without, the median of the pairs.
    """

    service: str
    without_ms: float
    with_ms: float
    ratio: float


def processor_s(stack: LocalStack) -> dict[str, float]:
    """Return what each service has used since it began, its children included."""
    used: dict[str, float] = {}
    for service in SERVICES:
        process = psutil.Process(stack.supervisor.pid(service))
        times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
        used[service] = sum(each.user + each.system for each in times)
    return used


def run_round(stack: LocalStack, client: GatewayClient, n_sessions: int) -> dict[str, float]:
    """Let so many sessions be read; return processor milliseconds a picture."""
    before = processor_s(stack)
    for _ in range(n_sessions):
        session = client.open_session(SessionRequest(ARM_ID), uuid.uuid4().hex)
        for position_pw in POSITIONS_PW:
            client.post_image(session.session_id, position_pw, picture(1, position_pw))
    while stack.store.load_backlog().n_waiting:
        time.sleep(0.05)
    n = n_sessions * len(POSITIONS_PW)
    return {name: 1000 * (used - before[name]) / n for name, used in processor_s(stack).items()}


def measure(folder: Path, n_pairs: int, n_sessions: int) -> list[Cost]:
    """Run pairs of rounds, events off and on, after one round to warm up."""
    settings = StackSettings(
        folder, port=0, flower_port=0, is_durable=False, keeps_data=False, environment=SETTINGS
    )
    rounds: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    with LocalStack(settings) as stack:
        urls = [stack.environment[f"SORTERBOT_{name}_URL"] for name in ("BROKER", "RESULTS")]
        control = make_celery(*urls, is_gateway=False).control
        key = stack.make_key(ARM_ID)
        with connect(stack.gateway_url, key, rng=Random(1)) as client:
            client.register_arm(arm_named(ARM_ID))
            run_round(stack, client, n_sessions)
            for number in range(2 * n_pairs):
                has_events = number % 2 == 1
                switch = control.enable_events if has_events else control.disable_events
                switch(reply=True, timeout=2)
                rounds[has_events].append(run_round(stack, client, n_sessions))
    return [_cost(name, rounds[False], rounds[True]) for name in SERVICES]


def _cost(service: str, off: list[dict[str, float]], on: list[dict[str, float]]) -> Cost:
    without_ms, with_ms = ([each[service] for each in rounds] for rounds in (off, on))
    ratios = [b / max(a, 1e-9) for a, b in zip(without_ms, with_ms, strict=True)]
    medians = (statistics.median(without_ms), statistics.median(with_ms))
    return Cost(service, *medians, statistics.median(ratios))


def main(
    pairs: Annotated[int, typer.Option(help="Rounds with events, and as many without.")] = 5,
    sessions: Annotated[int, typer.Option(help="Sessions of six pictures in a round.")] = 30,
    json: Annotated[Path | None, typer.Option(help="Write the figures there, too.")] = None,
) -> None:
    """Measure, and say for each service what a picture costs it."""
    with tempfile.TemporaryDirectory() as folder:
        costs = measure(Path(folder) / "stack", pairs, sessions)
    console = Console()
    for cost in costs:
        console.print(
            f"{cost.service}: {cost.without_ms:.2f} ms a picture without events, "
            f"{cost.with_ms:.2f} ms with, ratio {cost.ratio:.2f}"
        )
    if json is not None:
        write_json(json, {"services": [asdict(cost) for cost in costs]})


if __name__ == "__main__":
    typer.run(main)
