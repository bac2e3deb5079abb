"""Which regions of a picture the detector's head is taught on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Masks = list[Tensor]


class LikelyFirstSampler:
    """Chooses regions as torchvision's sampler does, but half of the empty ones by likelihood.

    Regions come in falling order of how much they look like a thing. Drawn by chance, a label or
    a stain on the table would hardly ever be among them; so the likeliest empty ones are always.
    """

    def __init__(self, n_regions: int, positive_share: float) -> None:
        self._n_regions = n_regions
        self._n_positive = int(n_regions * positive_share)

    def __call__(self, matched: Sequence[Tensor]) -> tuple[Masks, Masks]:
        """Return for each picture the masks of the chosen full and the chosen empty regions.

        Args:
            matched: ``(n,)`` a picture: above 0 for a region that holds a thing, 0 for an empty
                one, below 0 for one to pass over; likeliest first.
        """
        chosen = [self._choose(labels) for labels in matched]
        return [positive for positive, _ in chosen], [negative for _, negative in chosen]

    def _choose(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        positive = _drawn(torch.where(labels > 0)[0], self._n_positive)
        empty = torch.where(labels == 0)[0]
        n_empty = min(len(empty), self._n_regions - len(positive))
        n_likely = n_empty // 2
        others = _drawn(empty[n_likely:], n_empty - n_likely)
        negative = torch.cat([empty[:n_likely], others])
        return _mask(labels, positive), _mask(labels, negative)


def _drawn(numbers: Tensor, n: int) -> Tensor:
    return numbers[torch.randperm(len(numbers), device=numbers.device)[:n]]


def _mask(labels: Tensor, chosen: Tensor) -> Tensor:
    mask = torch.zeros_like(labels, dtype=torch.uint8)
    mask[chosen] = 1
    return mask
