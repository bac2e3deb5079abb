"""The loop that every net is trained by: seeded, resumable, with a running mean of the weights."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler

from sorter.errors import InvalidInputError
from vision.package import write_atomically
from vision.training.checkpoint import (
    Learning,
    Progress,
    has_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from vision.training.curves import save_curves

Scores = Mapping[str, float]
Report = Callable[[int, Scores], None]
"""Is told the number of steps done and the newest numbers, after every step."""

PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
_LARGEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """What a training run is determined by, together with its data.

    Attributes:
        evaluate_every: Steps between evaluations; each also leaves a checkpoint.
        save_every: Steps between further checkpoints.
        average_decay: Of the running mean of the weights, which is what gets evaluated.
        precision: ``bfloat16``, ``float16`` or ``float32``, for the products of large matrices
            alone. Under ``float16`` losses are scaled, so that small gradients are not lost.
        learns_from: The data in words, so that a run is only resumed with the same.
        patience: Evaluations in a row without a better score that end training; 0 for none. It
            tells when to stop and not what is learnt, so it may change when a run is resumed.
    """

    steps: int
    batch: int
    seed: int
    learning_rate: float
    warm_up_steps: int
    weight_decay: float
    evaluate_every: int
    save_every: int = 200
    average_decay: float = 0.995
    precision: str = "float32"
    learns_from: str = ""
    patience: int = 0

    def __post_init__(self) -> None:
        counts = (self.steps, self.batch, self.evaluate_every, self.save_every)
        if min(counts) < 1 or min(self.seed, self.patience) < 0:
            raise InvalidInputError(
                "steps, batch and intervals are 1 or more, seed and patience 0 or more"
            )
        if self.precision not in PRECISIONS:
            raise InvalidInputError(f"precision is one of {', '.join(PRECISIONS)}")


class Lesson(Protocol):
    """What the loop needs to know of what is learnt."""

    @property
    def network(self) -> nn.Module:
        """The net that learns; its parameters are on their device."""
        ...

    @property
    def n_examples(self) -> int:
        """How many pictures one epoch has."""
        ...

    @property
    def judged_by(self) -> str:
        """The name of the score that tells the best net."""
        ...

    def loss(self, indices: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Tensor]:
        """Return the losses of one batch, to be summed; chance comes from ``rng`` and torch."""
        ...

    def evaluate(self) -> dict[str, float]:
        """Measure the net as it stands; the value called ``judged_by`` is better when higher."""
        ...

    def save_best(self, scores: Scores, step: int) -> None:
        """Keep the net as it stands: none before it was as good."""
        ...


def train(lesson: Lesson, settings: LoopSettings, folder: Path, report: Report) -> Progress:
    """Train until ``settings.steps`` are done or patience is at its end.

    It goes on from the folder's checkpoint if there is one. A run that was killed and resumed
    takes the same steps on the same pictures as one that was not: order, augmentation and
    sampling of a step depend on seed and step alone.

    Raises:
        InvalidInputError: The folder holds a run under other settings.
    """
    learning = _begun(lesson, settings)
    told = {**asdict(settings), "examples": lesson.n_examples}
    del told["patience"]
    progress = Progress()
    if has_checkpoint(folder):
        progress = load_checkpoint(folder, told, learning)
    judged_by, patience = lesson.judged_by, settings.patience
    while progress.step < settings.steps and not is_stale(progress, judged_by, patience):
        losses = _take_step(lesson, settings, learning, progress.step)
        progress.step += 1
        report(progress.step, losses)
        is_evaluated = (
            progress.step % settings.evaluate_every == 0 or progress.step == settings.steps
        )
        if is_evaluated:
            _judge(lesson, learning.average, progress, losses)
            save_history(folder, progress)
        if is_evaluated or progress.step % settings.save_every == 0:
            save_checkpoint(folder, told, progress, learning)
    return progress


def is_stale(progress: Progress, judged_by: str, patience: int) -> bool:
    """Whether the last ``patience`` evaluations or more brought no better score; 0 is endless."""
    scores = [row[judged_by] for row in progress.history]
    if not patience or not scores:
        return False
    return len(scores) - 1 - scores.index(max(scores)) >= patience


def batch_indices(n_examples: int, batch: int, seed: int, step: int) -> NDArray[np.int64]:
    """Return which examples step number ``step`` learns from: each epoch in a new order."""
    places = range(step * batch, (step + 1) * batch)
    orders = {place // n_examples for place in places}
    order = {e: np.random.default_rng([seed, e]).permutation(n_examples) for e in orders}
    return np.array([order[p // n_examples][p % n_examples] for p in places], np.int64)


def learning_rate(settings: LoopSettings, step: int) -> float:
    """Rise in a line while warming up, then fall along a cosine to a hundredth."""
    if step < settings.warm_up_steps:
        return settings.learning_rate * (step + 1) / settings.warm_up_steps
    rest = max(1, settings.steps - settings.warm_up_steps)
    share = (step - settings.warm_up_steps) / rest
    return settings.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


def save_history(folder: Path, progress: Progress) -> None:
    """Write the evaluations so far as ``history.json``, and as curves in ``curves.png``."""
    folder.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = {"best": progress.best, "history": progress.history}
    write_atomically(folder / "history.json", json.dumps(document, indent=1).encode())
    save_curves(progress.history, folder / "curves.png")


def _parameter_groups(network: nn.Module, settings: LoopSettings) -> list[dict[str, Any]]:
    """Decay the weights of products, and leave alone biases and what scales a channel."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    return [
        {
            "params": [p for p in parameters if p.dim() > 1],
            "weight_decay": settings.weight_decay,
        },
        {"params": [p for p in parameters if p.dim() <= 1], "weight_decay": 0.0},
    ]


def _begun(lesson: Lesson, settings: LoopSettings) -> Learning:
    network = lesson.network
    return Learning(
        network,
        {name: value.detach().clone() for name, value in network.state_dict().items()},
        torch.optim.AdamW(_parameter_groups(network, settings), settings.learning_rate),
        GradScaler(_device_type(network), enabled=settings.precision == "float16"),
    )


def _device_type(network: nn.Module) -> str:
    return next(network.parameters()).device.type


def _take_step(
    lesson: Lesson, settings: LoopSettings, learning: Learning, step: int
) -> dict[str, float]:
    torch.manual_seed(int(np.random.SeedSequence([settings.seed, step]).generate_state(1)[0]))
    indices = batch_indices(lesson.n_examples, settings.batch, settings.seed, step)
    network, optimizer, scaler = learning.network, learning.optimizer, learning.scaler
    network.train()
    precision = PRECISIONS[settings.precision]
    with torch.autocast(_device_type(network), precision, enabled=precision is not torch.float32):
        losses = lesson.loss(indices, np.random.default_rng([settings.seed, step, 1]))
    total = torch.stack([loss.float() for loss in losses.values()]).sum()
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(settings, step)
    optimizer.zero_grad(set_to_none=True)
    scaler.scale(total).backward()  # type: ignore[no-untyped-call]
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
    scaler.step(optimizer)
    scaler.update()
    _follow(learning.average, network, min(settings.average_decay, (1 + step) / (10 + step)))
    return {"loss": float(total.detach()), **{n: float(v.detach()) for n, v in losses.items()}}


def _follow(average: dict[str, Tensor], network: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                average[name].lerp_(value, 1 - decay)
            else:
                average[name].copy_(value)


def _judge(
    lesson: Lesson, average: Mapping[str, Tensor], progress: Progress, losses: Scores
) -> None:
    """Evaluate the running mean of the weights, and keep it where it is the best so far."""
    learning = {name: value.clone() for name, value in lesson.network.state_dict().items()}
    lesson.network.load_state_dict(average)
    lesson.network.eval()
    scores = lesson.evaluate()
    if progress.best is None or scores[lesson.judged_by] > progress.best:
        progress.best = scores[lesson.judged_by]
        lesson.save_best(scores, progress.step)
    lesson.network.load_state_dict(learning)
    progress.history.append({"step": progress.step, **losses, **scores})
