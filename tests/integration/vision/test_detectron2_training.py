from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from tests.integration.vision.detectron2_toys import (
    make_detectron2_lesson,
    make_detectron2_package,
    make_detectron2_pupil,
    needs_detectron2,
)
from tests.integration.vision.toys import Rectangles, make_settings
from vision.load import load_detector
from vision.package import ModelKind, Weights, load_package
from vision.training.loop import Scores, train
from vision.weights import weights_of

pytestmark = [pytest.mark.detectron2, needs_detectron2]


class KilledError(Exception):
    """Stands for a process that dies."""


def trained(folder: Path, steps: int, die_at: int = 0) -> Weights:
    lesson = make_detectron2_lesson(folder)

    def report(step: int, losses: Scores) -> None:
        if step == die_at:
            raise KilledError

    train(lesson, make_settings(steps, save_every=4), folder, report)
    return weights_of(lesson.network)


def test_twenty_steps_lower_the_loss_and_leave_a_package_that_loads(tmp_path: Path) -> None:
    losses: list[float] = []
    lesson = make_detectron2_lesson(tmp_path)
    train(lesson, make_settings(20), tmp_path, lambda _, now: losses.append(now["loss"]))
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    assert (tmp_path / "curves.png").exists()

    package = load_package(tmp_path / "package", ModelKind.DETECTRON2)
    assert package.card.training == {"best_step": 20}
    assert package.card.label_map == {"item": "item", "container": "container"}
    loaded = load_detector(str(tmp_path / "package"), "cpu", score_threshold=0.02)
    assert loaded.version == "sorterbot-detectron2@1"
    (found,) = loaded.detect([Rectangles(1)[0][0]])
    assert set(found.labels.tolist()) <= {0, 1}


def test_a_run_that_was_killed_and_resumed_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole", steps=7)
    with pytest.raises(KilledError):
        trained(tmp_path / "killed", steps=7, die_at=6)
    resumed = trained(tmp_path / "killed", steps=7)
    assert whole.keys() == resumed.keys()
    for name, weight in whole.items():
        np.testing.assert_array_equal(weight, resumed[name], err_msg=name)


def test_a_network_of_other_classes_keeps_all_but_its_last_layers() -> None:
    known = make_detectron2_pupil(n_classes=80)
    weights = {n: w + 1 for n, w in weights_of(known.network).items()}
    taught = weights_of(make_detectron2_pupil(weights).network)
    kept = {name for name, weight in taught.items() if np.array_equal(weight, weights[name])}
    assert taught.keys() - kept == {
        f"roi_heads.box_predictor.{layer}.{part}"
        for layer in ("cls_score", "bbox_pred")
        for part in ("weight", "bias")
    }


def test_weights_of_another_network_are_refused() -> None:
    weights = make_detectron2_package().weights
    without = {name: weight for name, weight in weights.items() if "stem" not in name}
    with pytest.raises(InvalidInputError, match=r"another network: \d+ of \d+ are missing"):
        make_detectron2_pupil(without)
