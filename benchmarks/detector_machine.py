"""What a measurement was made on, so that it can be told from another."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cli.programs import n_cores
from sorter.errors import InvalidInputError

LIBRARIES = ("torch", "torchvision", "detectron2", "onnxruntime", "openvino", "numpy", "celery")


def device_named(name: str) -> str:
    """Return ``cpu`` or ``cuda``; ``auto`` is a GPU where there is one.

    Raises:
        InvalidInputError: It is none of the three, or there is no GPU.
    """
    if name not in {"auto", "cpu", "cuda"}:
        raise InvalidInputError(f"a device is auto, cpu or cuda, not {name!r}")
    has_gpu = name != "cpu" and _has_gpu()
    if name == "cuda" and not has_gpu:
        raise InvalidInputError("there is no GPU here that torch can use")
    return "cuda" if has_gpu else "cpu"


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def describe_machine(device: str) -> dict[str, str | int]:
    """Return the processor, the cores that may be used, and the device measured."""
    measured = device
    if device == "cuda":
        import torch

        measured = f"cuda: {torch.cuda.get_device_name()}"
    return {"device": measured, "processor": processor_name(), "cores": n_cores()}


def processor_name() -> str:
    """Return the processor's model as Linux tells it, elsewhere as Python does."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def describe_versions() -> dict[str, str]:
    """Return the versions of what is measured, as far as it is installed."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
