"""A tiny Celery app with the project's settings, whose tasks do as the contract tests tell them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from celery.exceptions import Ignore

from workers.celery_app import ImportedCelery

MEMBER = "contract.member"
FIRED = "contract.fired"

app = ImportedCelery(
    "tests.integration.workers.contract_app:app",
    os.environ["CONTRACT_BROKER"],
    os.environ["CONTRACT_RESULTS"],
)
app.conf.broker_transport_options |= {
    "visibility_timeout": float(os.environ.get("CONTRACT_VISIBILITY_S", "300")),
    "unacked_restore_interval": 1,
}
app.conf.beat_schedule = {}

FOLDER = Path(os.environ["CONTRACT_FOLDER"])


def note(kind: str, group: str, name: str) -> None:
    """Append one line, in one write, so that processes do not tear each other's."""
    handle = os.open(FOLDER / "events", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{kind} {group} {name}\n".encode())
    os.close(handle)


@app.task(name=MEMBER)
def member(group: str, name: str, fate: str) -> None:
    note("began", group, name)
    if fate == "wait":
        while not (FOLDER / f"{group}-open").exists():
            time.sleep(0.01)
    elif fate == "raise":
        note("ended", group, name)
        raise ValueError("as told")
    elif fate == "ignore":
        note("ended", group, name)
        raise Ignore
    elif fate == "die once" and not (FOLDER / f"{group}-died").exists():
        (FOLDER / f"{group}-died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    note("ended", group, name)


@app.task(name=FIRED)
def fired(group: str) -> None:
    note("fired", group, "callback")
