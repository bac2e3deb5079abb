from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sorter.errors import InvalidInputError
from tests.integration.vision.detectron2_toys import (
    make_detectron2_lesson,
    make_detectron2_package,
    make_detectron2_pupil,
    needs_detectron2,
)
from tests.integration.vision.toys import SIZE_PX, Rectangles, make_settings
from vision.load import load_detector
from vision.package import ModelKind, Weights, load_package, save_package
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


def test_a_network_of_turned_channels_sees_the_same_colours() -> None:
    rgb, bgr = make_detectron2_pupil(), make_detectron2_pupil(order="BGR")
    turned = {name: torch.from_numpy(np.array(w)) for name, w in weights_of(rgb.network).items()}
    stem = "backbone.bottom_up.stem.conv1.weight"
    turned[stem] = turned[stem].flip(1)
    bgr.network.load_state_dict(turned)
    told = []
    for pupil in (rgb, bgr):
        torch.manual_seed(1)
        pupil.network.train()
        losses = pupil.losses([Rectangles(4)[index] for index in range(2)])
        told.append({name: loss.item() for name, loss in losses.items()})
    assert told[0] == pytest.approx(told[1], rel=1e-3)


def test_a_picture_with_nothing_in_it_can_be_learnt_from() -> None:
    image = Rectangles(1)[0][0]
    nothing = (image, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    pupil = make_detectron2_pupil()
    pupil.network.train()
    losses = pupil.losses([nothing, nothing])
    total = torch.stack(list(losses.values())).sum()
    total.backward()
    assert losses["loss_box_reg"].item() == 0
    assert np.isfinite(total.item())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_gpu_lowers_the_loss_in_every_precision_and_resumes(
    tmp_path: Path, precision: str
) -> None:
    losses: list[float] = []
    settings = replace(make_settings(20, save_every=4), precision=precision)

    def report(step: int, now: Scores) -> None:
        losses.append(now["loss"])
        if len(losses) == 14:
            raise KilledError

    with pytest.raises(KilledError):
        train(make_detectron2_lesson(tmp_path, device="cuda"), settings, tmp_path, report)
    train(make_detectron2_lesson(tmp_path, device="cuda"), settings, tmp_path, report)
    assert len(losses) == 14 + 20 - 12  # killed after 14 steps, it goes on from the twelfth
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_anchors_of_a_package_grow_with_the_input_and_those_of_a_yaml_stay(tmp_path: Path) -> None:
    from cli.detectron2_run import detectron2_beginning
    from vision.training.pupils.detectron2_pupil import Detectron2Pupil

    package = make_detectron2_package()
    save_package(package, tmp_path / "package")
    (tmp_path / "own.yaml").write_text(package.config)
    (tmp_path / "own.labels.json").write_text('{"cup": "item", "bowl": "container"}')
    weights = {name: torch.from_numpy(np.array(w)) for name, w in package.weights.items()}
    torch.save(weights, tmp_path / "own.pth")

    def anchors(start: str) -> list[list[float]]:
        twice = (2 * SIZE_PX[0], 2 * SIZE_PX[1])
        pupil = detectron2_beginning("1", start, twice, torch.device("cpu")).make_pupil({})
        assert isinstance(pupil, Detectron2Pupil)
        taught = pupil.network.state_dict()
        for name, weight in package.weights.items():
            np.testing.assert_allclose(taught[name].numpy(), weight, rtol=1e-3, atol=1e-4)
        return pupil.config.MODEL.ANCHOR_GENERATOR.SIZES

    own = anchors(str(tmp_path / "own.yaml"))
    assert anchors(str(tmp_path / "package")) == [[2 * size for size in row] for row in own]


def test_without_a_start_a_small_network_begins_by_chance() -> None:
    from cli.detectron2_run import detectron2_beginning

    beginning = detectron2_beginning("1", "", (448, 336), torch.device("cpu"))
    pupil = beginning.make_pupil({"how": "a test"})
    n_bytes = sum(2 * value.numel() for value in pupil.network.state_dict().values())
    assert beginning.words == "from scratch"
    assert pupil.card.training == {"how": "a test"}
    assert n_bytes < 60e6
