"""The systems that are compared, each in a virtual environment of its own made on demand."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil

from cli.services.network import LOOPBACK, free_port
from sorter.errors import SorterBotError
from vision.package import ModelKind, load_package

SERVERS = Path(__file__).parent / "servers"
EMBEDDER = Path(__file__).parents[2] / "vision" / "packages" / "embedder"
ALWAYS = ("onnxruntime==1.31.1", "numpy", "pillow")
READY_WITHIN_S = 90.0
INSTALLED_WITHIN_S = 600.0
JPEG, JSON = "image/jpeg", "application/json"


@dataclass(frozen=True, slots=True)
class Body:
    """How a system wants to be given a picture."""

    content_type: str
    bytes: bytes


def _raw(data: bytes) -> Body:
    return Body(JPEG, data)


def _as_json(data: bytes) -> Body:
    picture = base64.b64encode(data).decode()
    return Body(JSON, json.dumps({"picture": picture}).encode())


def _as_form(data: bytes) -> Body:
    head = (
        '--picture\r\nContent-Disposition: form-data; name="picture"; filename="one.jpg"\r\n'
        f"Content-Type: {JPEG}\r\n\r\n"
    )
    return Body("multipart/form-data; boundary=picture", head.encode() + data + b"\r\n--picture--")


@dataclass(frozen=True, slots=True)
class System:
    """One system.

    Attributes:
        requirements: Beside what the network needs.
        command: Words after the environment's ``bin`` folder; ``{port}`` is filled in.
        path: Where pictures are posted.
        body: Wraps a picture as the system wants it.
    """

    name: str
    requirements: tuple[str, ...]
    command: tuple[str, ...]
    path: str = "/embed"
    body: Callable[[bytes], Body] = _raw


SYSTEMS = (
    System("FastAPI", ("fastapi==0.165.0", "uvicorn==0.54.0"), ("python", "fastapi_server.py")),
    System("LitServe", ("litserve==0.2.19",), ("python", "litserve_server.py"), body=_as_json),
    System(
        "BentoML",
        ("bentoml==1.4.39",),
        ("bentoml", "serve", "bentoml_server:Embedding", "--port", "{port}", "--host", LOOPBACK),
        body=_as_form,
    ),
    System(
        "Mosec",
        ("mosec==0.9.8",),
        (
            *("python", "mosec_server.py", "--port", "{port}", "--address", LOOPBACK),
            *("--timeout", "120000"),
        ),
        path="/inference",
    ),
    System("Ray Serve", ("ray[serve]==2.60.0",), ("python", "ray_server.py")),
)


def make_environment(system: System, folder: Path) -> Path:
    """Return the ``bin`` folder of a system's environment, made where it does not exist.

    Raises:
        SorterBotError: The packages cannot be had.
    """
    home = folder.resolve() / system.name.lower().replace(" ", "-")
    done = home / ".installed"
    if not done.exists():
        uv = (sys.executable, "-m", "uv")
        _run(*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home))
        python = str(home / "bin" / "python")
        _run(*uv, "pip", "install", "--quiet", "--python", python, *ALWAYS, *system.requirements)
        done.touch()
    return home / "bin"


def save_network(folder: Path) -> None:
    """Write the shipped embedder, a ResNet18, so that a peer can run it with ONNX Runtime alone."""
    package = load_package(EMBEDDER, ModelKind.EMBEDDER, runtime=None)
    (folder / "graph.onnx").write_bytes(package.graph)
    learnt = {name: w for name, w in package.weights.items() if w.dtype.kind == "f"}
    np.savez(folder / "weights.npz", allow_pickle=False, **learnt)
    (folder / "side.txt").write_text(str(min(package.card.input_size_px)))


@dataclass(frozen=True, slots=True)
class Served:
    """A system that answers.

    Attributes:
        url: Where pictures are posted.
    """

    system: System
    url: str
    process: psutil.Process
    pid_file: Path

    def model_pid(self) -> int:
        """Return the number of the process that holds the network."""
        return int(self.pid_file.read_text())

    def n_connections(self) -> int:
        """Return how many clients are connected now."""
        port = urlsplit(self.url).port
        return sum(
            one.raddr.port == port
            for one in psutil.net_connections("tcp")
            if one.raddr and one.status == psutil.CONN_ESTABLISHED
        )

    def kill_model(self) -> None:
        """Kill the process that holds the network as ``kill -9`` does."""
        os.kill(self.model_pid(), signal.SIGKILL)

    def resident_mib(self) -> float:
        """Return what all of its processes hold; shared pages counted once."""
        everyone = [self.process, *self.process.children(recursive=True)]
        held_bytes = 0
        for one in everyone:
            with suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                held_bytes += one.memory_full_info().pss
        return round(held_bytes / 2**20, 1)


@contextmanager
def served(system: System, environments: Path, folder: Path, n_threads: int) -> Iterator[Served]:
    """Run a system until the end of the block; it can answer when the block begins.

    Args:
        environments: Holds the virtual environments, from run to run.
        folder: Holds network and logs of this run; :func:`save_network` was called with it.

    Raises:
        SorterBotError: It does not start; the message names its log.
    """
    bin_folder, port = make_environment(system, environments), free_port()
    pid_file = folder / f"{system.name}.pid"
    log = folder / f"{system.name}.log"
    environment = _environment(bin_folder, folder, pid_file, port, n_threads)
    words = [word.format(port=port) for word in system.command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(bin_folder / words[0]), *words[1:]],
            cwd=SERVERS,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        main = psutil.Process(process.pid)
        started = [main]
        try:
            _await_ready(process, pid_file, port, log)
            started += main.children(recursive=True)
            url = f"http://{LOOPBACK}:{port}{system.path}"
            yield Served(system, url, main, pid_file)
        finally:
            _end(process, started)


def _environment(
    bin_folder: Path, folder: Path, pid_file: Path, port: int, n_threads: int
) -> Mapping[str, str]:
    return {
        **os.environ,
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(SERVERS),
        "PEER_NETWORK": str(folder),
        "PEER_PID_FILE": str(pid_file),
        "PEER_PORT": str(port),
        "PEER_THREADS": str(n_threads),
        "OMP_NUM_THREADS": str(n_threads),
        "BENTOML_DO_NOT_TRACK": "True",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),  # else one is left in the home folder
        "RAY_worker_niceness": "0",  # else it alone yields to all else that the machine does
        "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",  # else it is started anew every 5 s
    }


def _await_ready(process: subprocess.Popen[bytes], pid_file: Path, port: int, log: Path) -> None:
    give_up_s = time.monotonic() + READY_WITHIN_S
    while not (pid_file.exists() and _listens(port)):
        if process.poll() is not None or time.monotonic() > give_up_s:
            told = log.read_text(encoding="utf-8", errors="replace")[-1000:]
            raise SorterBotError(f"{log.stem} does not start: {told}")
        time.sleep(0.1)


def _listens(port: int) -> bool:
    return any(
        one.laddr.port == port
        for one in psutil.net_connections("tcp")
        if one.laddr and one.status == psutil.CONN_LISTEN
    )


def _end(process: subprocess.Popen[bytes], started: Sequence[psutil.Process]) -> None:
    """End a system's processes, each of them; what it has started may have left its group.

    Args:
        started: Those known so far, the main one first. It may have ended by itself: its children
            are then no longer found through it.
    """
    with suppress(psutil.NoSuchProcess):
        started = [*started, *started[0].children(recursive=True)]
    everyone = list(dict.fromkeys(started))
    process.terminate()
    _, alive = psutil.wait_procs(everyone, timeout=8)
    for one in alive:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    psutil.wait_procs(alive, timeout=8)
    process.wait()


def _run(*words: str) -> None:
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=INSTALLED_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SorterBotError(f"{' '.join(words)}: not within {INSTALLED_WITHIN_S:g} s") from error
    if done.returncode != 0:
        raise SorterBotError(f"{' '.join(words)}: {done.stderr.strip()[-500:]}")
