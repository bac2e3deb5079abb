from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.unit.deploy.files import ROOT

SHOW_AND_WAIT = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'], flush=True); input()"
NAMES = ("GPU-aa", "GPU-bb", "GPU-cc")


class Machine:
    """A machine with made-up GPUs, on which copies of a service are started."""

    def __init__(self, folder: Path, started: ExitStack) -> None:
        self.folder = folder
        self._started = started
        (folder / "locks").mkdir()
        (folder / "bin").mkdir()

    def set_gpus(self, *names: str) -> None:
        program = self.folder / "bin" / "nvidia-smi"
        program.write_text("#!/bin/sh\n" + "".join(f"echo {name}\n" for name in names))
        program.chmod(0o755)

    def start(self, variables: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        copy = subprocess.Popen(
            [sys.executable, ROOT / "deploy" / "one_gpu.py", sys.executable, "-c", SHOW_AND_WAIT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
                "SORTERBOT_GPU_LOCKS": str(self.folder / "locks"),
                **(variables or {}),
            },
        )
        self._started.enter_context(copy)
        self._started.callback(copy.kill)
        return copy


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with ExitStack() as started:
        made = Machine(tmp_path, started)
        made.set_gpus(*NAMES)
        yield made


def chosen_by(copy: subprocess.Popen[str]) -> str:
    assert copy.stdout is not None
    return copy.stdout.readline().strip()


def complaint_of(copy: subprocess.Popen[str]) -> str:
    _, complaint = copy.communicate(timeout=60)
    assert copy.returncode == 1
    return complaint


def test_copies_that_start_at_once_share_no_gpu(machine: Machine) -> None:
    copies = [machine.start() for _ in NAMES]
    assert sorted(map(chosen_by, copies)) == sorted(NAMES)


def test_a_copy_too_many_says_so_and_ends(machine: Machine) -> None:
    machine.set_gpus("GPU-aa")
    assert chosen_by(machine.start()) == "GPU-aa"
    assert (
        complaint_of(machine.start()) == "one_gpu: each of the 1 GPUs here already has its worker\n"
    )


def test_the_gpu_of_a_copy_that_was_killed_is_free_again(machine: Machine) -> None:
    machine.set_gpus("GPU-aa")
    first = machine.start()
    assert chosen_by(first) == "GPU-aa"
    first.kill()
    first.wait()
    assert chosen_by(machine.start()) == "GPU-aa"


def test_only_the_gpus_that_are_named_are_chosen_from(machine: Machine) -> None:
    copies = [machine.start({"CUDA_VISIBLE_DEVICES": "2,1"}) for _ in range(2)]
    assert sorted(map(chosen_by, copies)) == ["1", "2"]


def test_a_machine_without_a_gpu_is_told_apart_from_one_that_is_busy(machine: Machine) -> None:
    machine.set_gpus()
    assert complaint_of(machine.start()) == "one_gpu: no GPU is visible here\n"
