"""How much memory each process holds: at the start, after many sessions, with larger pictures.

python -m benchmarks.memory --json runs/memory.json
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.detector import size_from_text
from benchmarks.detector_machine import describe_machine
from benchmarks.detector_pictures import make_pictures
from benchmarks.load import Load
from benchmarks.load_pictures import save_heavy_pictures
from benchmarks.load_robots import ANYWHERE_PW
from benchmarks.load_site import LoadSite, load_site
from cli.report import write_json

SIZES = ("1640x1232", "4000x3000")
ROBOTS = 8
LARGEST_RADIUS_PX = 3600.0


def run(n_sessions: int, n_pictures: int, tell: Console) -> dict[str, Any]:
    """Measure a stack with stand-in networks for long, then one with the shipped networks."""
    document: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, load_site("stand-in") as site:
        files = save_heavy_pictures(Path(folder), 8, 20_000)
        document["stand_ins"] = {"start": site.resident_mib()}
        _send(site, files, n_sessions * len(ANYWHERE_PW), is_sealing=True)
        document["stand_ins"][f"after {n_sessions} sessions"] = site.resident_mib()
        tell.print(f"  {n_sessions} sessions sorted")
    for size in SIZES:
        with (
            tempfile.TemporaryDirectory() as folder,
            load_site("", embedder="", environment={"SORTERBOT_DEVICE": "cpu"}) as site,
        ):
            file = Path(folder) / "one.jpg"
            file.write_bytes(make_pictures(1, size_from_text(size))[0])
            document.setdefault("networks", {"start": site.resident_mib()})
            _send(site, [file], n_pictures, is_sealing=False)
            document["networks"][f"after {size}"] = site.resident_mib()
            tell.print(f"  {n_pictures} pictures of {size} read")
    return {"resident_mib": document, "machine": describe_machine("cpu")}


def _send(site: LoadSite, files: list[Path], n: int, *, is_sealing: bool) -> None:
    arms = site.arms(ROBOTS)
    for arm_id, _ in arms:
        _suit_large_pictures(site, arm_id)
    load = Load(site.stack.gateway_url, arms, files, [0.0] * n, is_sealing)
    measured = site.measure(load)
    if is_sealing:
        full = _full_sessions([one.session_id for one in measured.sent.posted])
        site.await_plans(full)


def _suit_large_pictures(site: LoadSite, arm_id: str) -> None:
    """Lengthen an arm: the base axis must lie outside of its camera's pictures."""
    arm = site.stack.store.load_arm(arm_id)
    geometry = replace(arm.geometry, radius_px=LARGEST_RADIUS_PX)
    site.stack.store.save_arm(replace(arm, geometry=geometry))


def _full_sessions(session_ids: list[str]) -> set[str]:
    """Return the sessions that have all their pictures; each robot's last one may lack some."""
    return {name for name, n in Counter(session_ids).items() if n == len(ANYWHERE_PW)}


def main(
    sessions: Annotated[int, typer.Option(help="Of ten pictures each.", min=1)] = 1000,
    pictures: Annotated[int, typer.Option(help="Of each size.", min=1)] = 60,
    json: Annotated[Path | None, typer.Option(help="Keep the numbers here.")] = None,
) -> None:
    """Measure the memory of every process."""
    document = run(sessions, pictures, Console(highlight=False))
    if json is not None:
        write_json(json, document)


if __name__ == "__main__":
    typer.run(main)
