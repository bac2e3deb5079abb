"""The nets themselves: what they are built of, and images to tensors. No weights, no files."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from sorter.errors import InvalidInputError

EMBEDDING_VALUES = 512
WHITENING_WEIGHT, WHITENING_BIAS = "fc.weight", "fc.bias"
"""The names of the weights that a whitened embedder has beside those of a plain one."""

MEAN_RGB = (0.485, 0.456, 0.406)
STD_RGB = (0.229, 0.224, 0.225)
REGIONS_LEARNT = 96
"""Regions of a picture that the detector's head is taught on."""

POSITIVE_SHARE = 0.4
"""Of these regions, at most, that hold a thing."""

_BODY_CHANNELS = (64, 128, 256)
_LEVELS = ("layer1", "layer2", "layer3")
DETECTOR_INPUT_PX = (448, 336)
"""Width and height of what a new detector is fed."""

_LOWEST_SCORE = 0.01  # below the threshold of any package; evaluation needs the tail


@dataclass(frozen=True, slots=True)
class DetectorArchitecture:
    """The numbers from which a detector net is rebuilt.

    Attributes:
        pyramid_channels: Width of every level of the feature pyramid.
        head_values: Width of the two layers that judge a region.
        anchor_sizes_px: One row a level (strides 4, 8, 16): side lengths at the net's input,
            here for one of ``DETECTOR_INPUT_PX``.
        anchor_ratios: Height divided by width.
    """

    pyramid_channels: int = 128
    head_values: int = 512
    anchor_sizes_px: tuple[tuple[int, ...], ...] = ((16, 24), (38, 56), (88, 128))
    anchor_ratios: tuple[float, ...] = (0.5, 1.0, 2.0)

    def __post_init__(self) -> None:
        if self.pyramid_channels < 1 or self.head_values < 1:
            raise InvalidInputError("pyramid_channels and head_values must be 1 or more")
        sizes = self.anchor_sizes_px
        if len(sizes) != len(_LEVELS) or len({len(row) for row in sizes}) != 1:
            raise InvalidInputError("anchor_sizes_px needs 3 rows of equal length")
        if not all(size > 0 for row in (*sizes, self.anchor_ratios) for size in row):
            raise InvalidInputError("anchor_sizes_px and anchor_ratios must be above zero")

    @classmethod
    def from_mapping(cls, numbers: Mapping[str, Any]) -> DetectorArchitecture:
        """Read what :meth:`to_mapping` wrote, or raise ``InvalidInputError``."""
        try:
            return cls(
                int(numbers["pyramid_channels"]),
                int(numbers["head_values"]),
                tuple(tuple(int(size) for size in row) for row in numbers["anchor_sizes_px"]),
                tuple(float(ratio) for ratio in numbers["anchor_ratios"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(f"not a detector's architecture: {error!r}") from error

    def to_mapping(self) -> dict[str, Any]:
        """Return the numbers as JSON can hold them."""
        return asdict(self)

    def scaled(self, factor: float) -> DetectorArchitecture:
        """Return the same net for an input larger by a factor: its anchors grow along."""
        sizes = tuple(
            tuple(max(1, round(size * factor)) for size in row) for row in self.anchor_sizes_px
        )
        return replace(self, anchor_sizes_px=sizes)


class DetectorNetwork(nn.Module):
    """Faster R-CNN on a feature pyramid over ResNet18 without its last stage.

    Built of torchvision's parts but without its picture transform: that one resizes and pads
    by its own rules, while here every picture has the package's input size already.
    """

    def __init__(self, architecture: DetectorArchitecture, n_labels: int) -> None:
        super().__init__()
        self.body = _body()
        self.pyramid = FeaturePyramidNetwork(list(_BODY_CHANNELS), architecture.pyramid_channels)
        self.rpn = _region_proposals(architecture)
        self.roi_heads = _region_heads(architecture, n_labels)

    def forward(
        self, images: Tensor, targets: list[dict[str, Tensor]] | None = None
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        """Return detections where evaluating, losses where training; the other one is empty.

        Args:
            images: ``(n, 3, height, width)`` float32 RGB in ``[0, 1]``, sides multiples of 16.
            targets: One a picture: ``boxes`` ``(k, 4)`` float32 xyxy, ``labels`` ``(k,)`` int64
                from 1 on; 0 is the background.
        """
        features = self._features(images)
        listed = ImageList(images, [(images.shape[-2], images.shape[-1])] * len(images))
        proposals, rpn_losses = self.rpn(listed, features, targets)
        found, losses = self.roi_heads(features, proposals, listed.image_sizes, targets)
        return found, {**rpn_losses, **losses}

    def _features(self, images: Tensor) -> OrderedDict[str, Tensor]:
        level = self.body["stem"](normalised(images).contiguous(memory_format=torch.channels_last))
        levels: OrderedDict[str, Tensor] = OrderedDict()
        for name in _LEVELS:
            level = self.body[name](level)
            levels[name] = level
        pyramid = self.pyramid(levels)
        return OrderedDict((name, features.float()) for name, features in pyramid.items())


def build_detector(architecture: DetectorArchitecture, n_labels: int) -> DetectorNetwork:
    """Return an untrained detector net for that many labels, the background not counted."""
    network = DetectorNetwork(architecture, n_labels)
    _lay_out_by_pixel(network)
    return network


class Whitening(nn.Linear):
    """Scales values to length 1 and then passes them through one linear layer with a bias."""

    def __init__(self) -> None:
        super().__init__(EMBEDDING_VALUES, EMBEDDING_VALUES)

    def forward(self, values: Tensor) -> Tensor:
        """Return ``(n, 512)`` of ``(n, 512)``."""
        return super().forward(functional.normalize(values))


def build_embedder(is_whitened: bool = False) -> nn.Module:
    """Return an untrained ResNet18 that ends at its average pool: 512 values a crop.

    A whitened one has one more layer, :class:`Whitening`.
    """
    net: nn.Module = torchvision.models.resnet18(weights=None)
    net.fc = Whitening() if is_whitened else nn.Identity()
    _lay_out_by_pixel(net)
    return net


def normalised(images: Tensor) -> Tensor:
    """Shift and scale RGB in ``[0, 1]`` to the mean and spread that ResNets are fed."""
    mean = torch.tensor(MEAN_RGB, device=images.device).view(3, 1, 1)
    std = torch.tensor(STD_RGB, device=images.device).view(3, 1, 1)
    return (images - mean) / std


def tensor_from_rgb(images_rgb: Sequence[NDArray[np.uint8]], device: torch.device) -> Tensor:
    """Stack ``(height, width, 3)`` uint8 pictures of one size as float32 in ``[0, 1]``."""
    stacked = torch.from_numpy(np.stack(images_rgb)).to(device)
    return stacked.permute(0, 3, 1, 2).float() / 255.0


def resized_rgb(image_rgb: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the picture at ``size_px`` (width, height), smoothed before it is thinned out.

    The same code serves training and inference, so that both see the same pixels.
    """
    width, height = size_px
    if image_rgb.shape[:2] == (height, width):
        return np.ascontiguousarray(image_rgb)
    own = np.require(image_rgb, requirements=["C", "W"])  # torch warns of read-only memory
    planes = torch.from_numpy(own).permute(2, 0, 1)[None]
    small = functional.interpolate(
        planes, size=(height, width), mode="bilinear", antialias=True, align_corners=False
    )
    return np.ascontiguousarray(small[0].permute(1, 2, 0).numpy())


def _lay_out_by_pixel(net: nn.Module) -> None:
    # A third faster on CPUs. The stubs of ``to`` leave memory_format out.
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _body() -> nn.ModuleDict:
    net = torchvision.models.resnet18(weights=None)
    stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
    return nn.ModuleDict({"stem": stem, **{name: getattr(net, name) for name in _LEVELS}})


def _region_proposals(architecture: DetectorArchitecture) -> RegionProposalNetwork:
    anchors = AnchorGenerator(
        architecture.anchor_sizes_px, (architecture.anchor_ratios,) * len(_LEVELS)
    )
    head = RPNHead(architecture.pyramid_channels, anchors.num_anchors_per_location()[0])
    return RegionProposalNetwork(
        anchors,
        head,
        fg_iou_thresh=0.6,
        bg_iou_thresh=0.3,
        batch_size_per_image=128,
        positive_fraction=0.5,
        # Of 150 proposals a picture one item in twelve was missing, of 600 one in sixty.
        pre_nms_top_n={"training": 800, "testing": 1000},
        post_nms_top_n={"training": 500, "testing": 600},
        nms_thresh=0.7,
    )


def _region_heads(architecture: DetectorArchitecture, n_labels: int) -> RoIHeads:
    # A region of 56 px or more is read from the second level, one of 112 px from the third.
    pool = MultiScaleRoIAlign(
        list(_LEVELS), output_size=7, sampling_ratio=1, canonical_scale=112, canonical_level=4
    )
    head = TwoMLPHead(architecture.pyramid_channels * 7 * 7, architecture.head_values)
    return RoIHeads(
        pool,
        head,
        FastRCNNPredictor(architecture.head_values, n_labels + 1),
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=REGIONS_LEARNT,
        positive_fraction=POSITIVE_SHARE,
        bbox_reg_weights=None,
        score_thresh=_LOWEST_SCORE,
        nms_thresh=0.55,  # boxes of things that touch aslant overlap by half
        detections_per_img=100,
    )
