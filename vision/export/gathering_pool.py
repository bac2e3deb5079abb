"""Reading regions from a feature pyramid in a way that graphs do quickly."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.ops import MultiScaleRoIAlign, roi_align

from vision.networks import DetectorNetwork


class GatheringPool(nn.Module):
    """Reads the regions of one picture as the pool does that it takes the place of.

    Traced, torchvision's own writes each level's regions into the whole by an element-wise
    scatter, which took an eighth of the detector's time in ONNX Runtime. Here they are strung
    together and put into order by one gather.
    """

    def __init__(self, pool: MultiScaleRoIAlign) -> None:
        """Take a pool that has been used, and so knows the scales of its levels."""
        super().__init__()
        self._pool = pool

    def forward(
        self, features: dict[str, Tensor], boxes_px: list[Tensor], _: list[tuple[int, int]]
    ) -> Tensor:
        """Return ``(n, channels, side, side)`` for the ``(n, 4)`` boxes of the one picture."""
        pool = self._pool
        level_of = pool.map_levels(boxes_px)
        regions = torch.cat([torch.zeros_like(boxes_px[0][:, :1]), boxes_px[0]], dim=1)
        rows, read = [], []
        for level, (name, scale) in enumerate(zip(pool.featmap_names, pool.scales, strict=True)):
            rows.append(torch.where(level_of == level)[0])
            size, samples = pool.output_size, pool.sampling_ratio
            read.append(roi_align(features[name], regions[rows[-1]], size, scale, samples))
        return torch.cat(read)[torch.argsort(torch.cat(rows))]


def gather_regions(network: DetectorNetwork, size_px: tuple[int, int]) -> None:
    """Give a detector net that is to be traced a :class:`GatheringPool`."""
    width_px, height_px = size_px
    with torch.inference_mode():
        network.eval()(
            torch.zeros(1, 3, height_px, width_px)
        )  # after which its pool knows its scales
    network.roi_heads.box_roi_pool = GatheringPool(network.roi_heads.box_roi_pool)
