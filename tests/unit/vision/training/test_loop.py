from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn

from sorter.errors import InvalidInputError
from vision.training.checkpoint import Progress
from vision.training.loop import LoopSettings, Scores, is_stale, train

SETTINGS = LoopSettings(
    steps=6,
    batch=4,
    seed=3,
    learning_rate=0.2,
    warm_up_steps=1,
    weight_decay=0.0,
    evaluate_every=1,
    average_decay=0.5,
)


@dataclass
class Scripted:
    """A lesson about one line, whose evaluations bring the scores that a script says."""

    script: Sequence[float]
    judged_by: str = "score"
    n_examples: int = 8
    network: nn.Linear = field(init=False)
    kept: list[int] = field(default_factory=list)
    _scores: Iterator[float] = field(init=False)

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        self.network = nn.Linear(3, 1)
        self._scores = iter(self.script)

    def loss(self, indices: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Tensor]:
        x = torch.from_numpy(rng.normal(size=(len(indices), 3)).astype(np.float32))
        return {"loss_line": (self.network(x) - x.sum(dim=1, keepdim=True)).square().mean()}

    def evaluate(self) -> dict[str, float]:
        return {"score": next(self._scores)}

    def save_best(self, scores: Scores, step: int) -> None:
        self.kept.append(step)


def steps_taken(
    script: Sequence[float], folder: Path, patience: int, settings: LoopSettings = SETTINGS
) -> tuple[int, list[int]]:
    lesson = Scripted(script)
    told = replace(settings, patience=patience)
    return train(lesson, told, folder, lambda *_: None).step, lesson.kept


@given(
    script=st.lists(st.integers(0, 4).map(float), min_size=1, max_size=12),
    patience=st.integers(0, 4),
)
def test_training_is_over_when_the_best_score_is_as_old_as_patience_allows(
    script: list[float], patience: int
) -> None:
    best, since_best = -1.0, 0
    for score in script:
        since_best = 0 if score > best else since_best + 1
        best = max(best, score)
    progress = Progress(history=[{"step": n, "score": s} for n, s in enumerate(script)])
    assert is_stale(progress, "score", patience) == (0 < patience <= since_best)


def test_without_an_evaluation_nothing_is_over() -> None:
    assert not is_stale(Progress(), "score", 1)


def test_training_stops_early_and_keeps_the_best(tmp_path: Path) -> None:
    script = [0.1, 0.3, 0.2, 0.3, 0.25, 0.9]
    assert steps_taken(script, tmp_path, patience=3) == (5, [1, 2])


def test_a_run_that_stopped_early_goes_on_with_more_patience(tmp_path: Path) -> None:
    assert steps_taken([0.3, 0.1], tmp_path, patience=1) == (2, [1])
    assert steps_taken([], tmp_path, patience=1) == (2, [])
    assert steps_taken([0.2, 0.4, 0.0, 0.0], tmp_path, patience=0) == (6, [4])


def test_without_patience_every_step_is_taken(tmp_path: Path) -> None:
    assert steps_taken([0.5] * 6, tmp_path, patience=0) == (6, [1])


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_every_precision_learns_and_resumes_exactly(tmp_path: Path, precision: str) -> None:
    settings = replace(SETTINGS, precision=precision, steps=20, evaluate_every=15, save_every=8)

    def weights(folder: Path, dies_at: int = 0) -> Tensor:
        def report(step: int, _: Scores) -> None:
            if step == dies_at:
                raise KeyboardInterrupt

        lesson = Scripted([0.0, 0.0])
        train(lesson, settings, folder, report)
        return lesson.network.weight.detach()

    whole = weights(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        weights(tmp_path / "killed", dies_at=11)
    assert torch.equal(weights(tmp_path / "killed"), whole)
    torch.manual_seed(0)
    begun = nn.Linear(3, 1).weight.detach()
    assert (whole - 1).abs().max() < 0.5 * (begun - 1).abs().max()


@pytest.mark.parametrize(
    "changes", [{"precision": "float8"}, {"patience": -1}, {"steps": 0}, {"seed": -1}]
)
def test_settings_without_a_meaning_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=r"precision is one of|or more"):
        replace(SETTINGS, **changes)  # type: ignore[arg-type]
