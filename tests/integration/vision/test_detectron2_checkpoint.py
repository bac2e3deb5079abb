"""Weights of Detectron2 from files of every form that its zoo and its trainer write."""

from __future__ import annotations

import pickle  # noqa: TID251  (writes files of the zoo's form)
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

pytest.importorskip("detectron2", reason="Detectron2 is not installed")

from sorter.errors import InvalidInputError
from tests.integration.vision.untrained_detectron2 import make_config, make_network
from vision.detectron2.checkpoint import fill, read_checkpoint
from vision.detectron2.config import build_network

pytestmark = pytest.mark.detectron2
PLAIN = {"MODEL.FPN.NORM": ""}  # Detectron2's forerunner normalised nothing there


def arrays_of(network: nn.Module) -> dict[str, Any]:
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


def filled(path: Path, **values: Any) -> nn.Module:
    network = build_network(make_config(**values))
    fill(network, read_checkpoint(path), path.name)
    return network


def assert_same(a: nn.Module, b: nn.Module) -> None:
    theirs = b.state_dict()
    for name, tensor in a.state_dict().items():
        assert torch.equal(tensor, theirs[name]), name


def write(path: Path, value: object) -> Path:
    if path.suffix == ".pkl":
        path.write_bytes(pickle.dumps(value, 2))
    else:
        torch.save(value, path)
    return path


def test_what_a_trainer_saved_fills_a_network_with_the_same_weights(tmp_path: Path) -> None:
    network = make_network(1)
    state = network.state_dict()
    for number, saved in enumerate(
        (
            state,
            {"model": state, "iteration": 7, "optimizer": {"state": {0: {"step": 1}}}},
            {"model": {f"module.{name}": tensor for name, tensor in state.items()}},
        )
    ):
        assert_same(filled(write(tmp_path / f"{number}.pth", saved)), network)


def test_a_file_of_the_zoo_fills_a_network_with_the_same_weights(tmp_path: Path) -> None:
    network = make_network(1)
    saved = {"model": arrays_of(network), "__author__": "Detectron2 Model Zoo"}
    assert_same(filled(write(tmp_path / "zoo.pkl", saved)), network)


def test_a_file_of_shorter_names_is_matched_by_their_ends(tmp_path: Path) -> None:
    network = make_network(1)
    short = {
        name.removeprefix("backbone.bottom_up.").removeprefix("roi_heads."): array
        for name, array in arrays_of(network).items()
    }
    saved = {"model": short, "__author__": "somebody", "matching_heuristics": True}
    assert_same(filled(write(tmp_path / "short.pkl", saved)), network)


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_a_file_of_the_forerunner_is_renamed_and_its_background_class_moved(
    tmp_path: Path, is_wrapped: bool
) -> None:
    network = make_network(1, make_config(**PLAIN))
    blobs = caffe2_blobs(arrays_of(network)) | {"fc6_w_momentum": np.zeros(1, np.float32)}
    path = write(tmp_path / "caffe2.pkl", {"blobs": blobs} if is_wrapped else blobs)
    assert_same(filled(path, **PLAIN), network)


def caffe2_blobs(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network's weights as Detectron2's forerunner would name and lay them."""
    blobs = {}
    for name, array in arrays.items():
        blob, laid = caffe2_name(name), array
        if blob.startswith("cls_score"):  # here the background is the last class, there the first
            laid = np.concatenate([array[-1:], array[:-1]])
        if blob.startswith("bbox_pred"):  # there the background has a box, too
            laid = np.concatenate([np.zeros_like(array[:4]), array])
        blobs[blob] = laid
    return blobs


_PARTS = (
    ("backbone.bottom_up.stem.conv1.norm", "res_conv1_bn"),
    ("backbone.bottom_up.stem.conv1", "conv1"),
    ("backbone.bottom_up.", ""),
    ("proposal_generator.rpn_head.conv", "conv_rpn_fpn2"),
    ("proposal_generator.rpn_head.objectness_logits", "rpn_cls_logits_fpn2"),
    ("proposal_generator.rpn_head.anchor_deltas", "rpn_bbox_pred_fpn2"),
    ("roi_heads.box_head.fc1", "fc6"),
    ("roi_heads.box_predictor.", ""),
    (".shortcut", "_branch1"),
    (".conv1", "_branch2a"),
    (".conv2", "_branch2b"),
    (".conv3", "_branch2c"),
    (".norm", "_bn"),
    (".weight", "_w"),
    (".bias", "_b"),
    (".running_mean", "_rm"),
    (".running_var", "_riv"),
    ("_bn_w", "_bn_s"),
)
_LAST_BLOCK = {"2": 2, "3": 3, "4": 5, "5": 2}


def caffe2_name(name: str) -> str:
    for level, block in _LAST_BLOCK.items():
        lateral = "" if level == "5" else "_lateral"
        inner = f"fpn_inner_res{level}_{block}_sum{lateral}"
        name = name.replace(f"backbone.fpn_lateral{level}", inner)
        name = name.replace(f"backbone.fpn_output{level}", f"fpn_res{level}_{block}_sum")
    for ours, theirs in _PARTS:
        name = name.replace(ours, theirs)
    return name.replace(".", "_")


def test_weights_for_masks_and_old_anchors_are_left_aside(tmp_path: Path) -> None:
    network = make_network(1)
    more = {
        "roi_heads.mask_head.predictor.weight": torch.zeros(1),
        "proposal_generator.anchor_generator.cell_anchors.0": torch.zeros(1),
        "pixel_mean": torch.zeros(3, 1, 1),
    }
    assert_same(filled(write(tmp_path / "x.pth", {**network.state_dict(), **more})), network)


FC1 = "roi_heads.box_head.fc1.weight"


def without(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in state.items() if key != name}


def test_a_missing_an_extra_and_a_misshapen_weight_are_named(tmp_path: Path) -> None:
    state = make_network(1).state_dict()
    for changed, wrong in (
        (without(state, FC1), rf"x\.pth lacks 1 weights: {FC1}"),
        ({**state, "extra": torch.zeros(1)}, r"x\.pth has, and the network has not, 1 .*: extra"),
        ({**state, FC1: torch.zeros(2)}, rf"x\.pth does not fit the config.*(?s:.*){FC1}"),
    ):
        with pytest.raises(InvalidInputError, match=wrong):
            filled(write(tmp_path / "x.pth", changed))


class Calls:
    """Calls something when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.mkdir, (self.path,)


@pytest.mark.parametrize("name", ["x.pth", "x.pkl"])
def test_a_file_that_would_run_something_is_refused_and_runs_nothing(
    tmp_path: Path, name: str
) -> None:
    trap = tmp_path / "sprung"
    write(tmp_path / name, {"model": {"w": Calls(trap)}, "__author__": "somebody"})
    with pytest.raises(InvalidInputError, match=name):
        read_checkpoint(tmp_path / name)
    assert not trap.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x.pth", []),
        ("x.pth", {}),
        ("x.pth", {"model": {"w": 3}}),
        ("x.pth", {"model": [torch.zeros(1)]}),
        ("x.pkl", []),
        ("x.pkl", {"model": {}, "__author__": "somebody"}),
        ("x.pkl", {"model": {"w": "text"}, "__author__": "somebody"}),
        ("x.pkl", {"blobs": 3}),
    ],
)
def test_a_file_without_weights_by_name_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(InvalidInputError, match=name):
        read_checkpoint(write(tmp_path / name, value))


@pytest.mark.parametrize("name", ["x.pth", "x.pkl"])
def test_a_broken_or_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match=f"{name}: cannot be read"):
        read_checkpoint(tmp_path / name)
    (tmp_path / name).write_bytes(b"\x80\x04broken")
    with pytest.raises(InvalidInputError, match=name):
        read_checkpoint(tmp_path / name)
