"""Training that can be killed: everything it needs to go on, without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from sorter.errors import InvalidInputError
from vision.package import write_atomically

_STATE_FILE = "checkpoint.safetensors"
_NETWORK, _AVERAGE, _OPTIMIZER = "network.", "average.", "optimizer."


@dataclass(slots=True)
class Progress:
    """How far training has come.

    Attributes:
        step: Steps done.
        best: The best value of the judging score so far; ``None`` before the first evaluation.
        history: One mapping a report: ``step`` and numbers by name.
    """

    step: int = 0
    best: float | None = None
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Learning:
    """All that changes from step to step.

    Attributes:
        average: The running mean of the net's weights, by name.
        scaler: Scales losses where small gradients would be lost, and is idle elsewhere.
    """

    network: nn.Module
    average: dict[str, Tensor]
    optimizer: torch.optim.Optimizer
    scaler: GradScaler


def save_checkpoint(
    folder: Path, settings: Mapping[str, Any], progress: Progress, learning: Learning
) -> None:
    """Write one file with nets, optimizer and progress, whole or not at all."""
    tensors = {_NETWORK + name: value for name, value in learning.network.state_dict().items()}
    tensors |= {_AVERAGE + name: value for name, value in learning.average.items()}
    for number, values in learning.optimizer.state_dict()["state"].items():
        tensors |= {f"{_OPTIMIZER}{number}.{name}": value for name, value in values.items()}
    told = {
        "settings": dict(settings),
        "step": progress.step,
        "best": progress.best,
        "history": progress.history,
        "scaler": learning.scaler.state_dict(),
    }
    data = safetensors.torch.save(
        {name: value.detach().cpu().contiguous() for name, value in tensors.items()},
        metadata={"progress": json.dumps(told)},
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / _STATE_FILE, data)


def has_checkpoint(folder: Path) -> bool:
    """Whether training was begun in this folder."""
    return (folder / _STATE_FILE).exists()


def load_checkpoint(folder: Path, settings: Mapping[str, Any], learning: Learning) -> Progress:
    """Put nets and optimizer back to where :func:`save_checkpoint` left them.

    Raises:
        InvalidInputError: The file is damaged, or was written under other settings.
    """
    path = folder / _STATE_FILE
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            told = json.loads(file.metadata()["progress"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{path}: not a checkpoint: {error}") from error
    _check_settings(path, told["settings"], settings)
    learning.network.load_state_dict(_part(tensors, _NETWORK))
    for name, value in _part(tensors, _AVERAGE).items():
        learning.average[name].copy_(value)
    _restore_optimizer(learning.optimizer, _part(tensors, _OPTIMIZER))
    if learning.scaler.is_enabled():
        learning.scaler.load_state_dict(told["scaler"])
    return Progress(told["step"], told["best"], told["history"])


def _check_settings(path: Path, was: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            raise InvalidInputError(
                f"{path}: begun with {name} {was.get(name)}, not {now.get(name)}; "
                "resume with the same settings, or train into another folder"
            )


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }


def _restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for key, value in tensors.items():
        number, name = key.split(".", 1)
        parameter = parameters[int(number)]
        # Moments take the parameter's own memory layout, on which fused steps rely.
        restored = torch.empty_like(parameter).copy_(value) if value.dim() else value.clone()
        optimizer.state[parameter][name] = restored
