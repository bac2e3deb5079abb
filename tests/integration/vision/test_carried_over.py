"""What Detectron2 is given of a detector of ours must compute what it computed before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.integration.vision.detectron2_toys import needs_detectron2
from vision.model_card import LABELS
from vision.networks import DetectorArchitecture, build_detector, normalised
from vision.package import ModelCard, ModelKind, ModelPackage, save_package
from vision.weights import weights_of

pytestmark = [pytest.mark.detectron2, needs_detectron2]

ARCHITECTURE = DetectorArchitecture(16, 24, ((16, 24), (40, 56), (88, 128)), (0.5, 1.0, 2.0))
WIDTH_PX, HEIGHT_PX = 128, 96
CARD = ModelCard(
    name="toy",
    version="1",
    kind=ModelKind.DETECTOR,
    labels=LABELS,
    input_size_px=(WIDTH_PX, HEIGHT_PX),
    score_threshold=0.5,
    architecture=ARCHITECTURE.to_mapping(),
)


@dataclass(frozen=True)
class Pair:
    """A network of ours, what Detectron2 was given of it, and what both see in one picture."""

    ours: Any
    theirs: Any
    own_levels: list[Tensor]
    levels: list[Tensor]


@pytest.fixture(scope="module")
def pair() -> Pair:
    from vision.detectron2.config import build_network
    from vision.training.pupils.carried_over import weights_for_compact
    from vision.training.pupils.compact import compact_config
    from vision.training.pupils.detectron2_pupil import config_to_teach, load_what_fits

    ours = make_network()
    config = config_to_teach(compact_config(ARCHITECTURE))
    theirs = build_network(config)
    load_what_fits(theirs, weights_for_compact(ModelPackage(CARD, weights_of(ours)), config))
    pixels = np.random.default_rng(5).random((1, 3, HEIGHT_PX, WIDTH_PX), np.float32)
    picture = torch.from_numpy(pixels)
    with torch.inference_mode():
        levels = theirs.backbone(normalised(picture))
        own_levels = list(ours._features(picture).values())
    return Pair(ours, theirs, own_levels, [levels[name] for name in ("p2", "p3", "p4")])


def make_network() -> Any:
    torch.manual_seed(3)
    network = build_detector(ARCHITECTURE, n_labels=2).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # else their numbers could be exchanged
            for values in (module.running_mean, module.running_var, module.weight, module.bias):
                torch.nn.init.uniform_(values, 0.5, 1.5)
    return network


def alike(one: Tensor, other: Tensor) -> bool:
    return torch.allclose(one, other, rtol=1e-4, atol=1e-4)


def test_the_pyramids_levels_are_the_same(pair: Pair) -> None:
    assert len(pair.levels) == len(pair.own_levels) == 3
    assert all(map(alike, pair.levels, pair.own_levels))


def test_an_anchor_of_the_same_shape_gets_the_same_score_and_the_same_shift(pair: Pair) -> None:
    with torch.inference_mode():
        own_scores, own_shifts = pair.ours.rpn.head(pair.own_levels)
        scores, shifts = pair.theirs.proposal_generator.rpn_head(pair.levels)
    for level in range(3):
        own_anchors = pair.ours.rpn.anchor_generator.cell_anchors[level]
        anchors = list(pair.theirs.proposal_generator.anchor_generator.cell_anchors)[level]
        same = (anchors[:, None] - own_anchors).abs().amax(2).argmin(1)  # torchvision's are rounded
        assert sorted(same.tolist()) == list(range(6))
        assert alike(scores[level][0], own_scores[level][0, same])
        own = own_shifts[level][0].unflatten(0, (6, 4))[same]
        assert alike(shifts[level][0].unflatten(0, (6, 4)), own)


def test_a_small_region_is_judged_alike_with_the_background_at_the_other_end(pair: Pair) -> None:
    from vision.detectron2.library import Boxes

    regions = torch.tensor([[8.0, 8.0, 40.0, 30.0], [50.5, 20.25, 90.0, 70.0]])  # below 56 px
    named = dict(zip(("layer1", "layer2", "layer3"), pair.own_levels, strict=True))
    own, heads = pair.ours.roi_heads, pair.theirs.roi_heads
    with torch.inference_mode():
        own_pooled = own.box_roi_pool(named, [regions], [(HEIGHT_PX, WIDTH_PX)])
        own_scores, own_boxes = own.box_predictor(own.box_head(own_pooled))
        pooled = heads.box_pooler(pair.levels, [Boxes(regions)])
        scores, boxes = heads.box_predictor(heads.box_head(pooled))
    assert alike(scores, own_scores[:, [1, 2, 0]])
    assert alike(boxes, own_boxes[:, 4:])


def test_training_starts_from_a_package_of_ours_at_any_input_size(tmp_path: Path) -> None:
    from cli.detectron2_run import detectron2_beginning

    network = make_network()
    save_package(ModelPackage(CARD, weights_of(network)), tmp_path)
    twice = (2 * WIDTH_PX, 2 * HEIGHT_PX)
    beginning = detectron2_beginning("1.0.0", str(tmp_path), twice, torch.device("cpu"))
    pupil = beginning.make_pupil({})
    assert beginning.words == "from toy@1"
    stem = pupil.network.state_dict()["backbone.bottom_up.stem.conv1.weight"]
    torch.testing.assert_close(stem, network.body["stem"][0].weight.detach(), rtol=1e-3, atol=1e-4)
    anchors = next(iter(pupil.network.proposal_generator.anchor_generator.cell_anchors))
    assert float((anchors[0, 2] - anchors[0, 0]) * (anchors[0, 3] - anchors[0, 1])) == (
        pytest.approx((2 * 16) ** 2)
    )
