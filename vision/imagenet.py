"""The embedder of torchvision's own weights, learnt on ImageNet and downloaded once."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights, resnet18

from sorter.errors import InvalidInputError
from vision.embedder import ResNet18Embedder
from vision.ports import RgbImage


def imagenet_embedder(device: torch.device) -> ResNet18Embedder:
    """Return torchvision's ResNet18 up to its average pool.

    Raises:
        InvalidInputError: The weights cannot be downloaded.
    """
    weights = ResNet18_Weights.IMAGENET1K_V1
    try:
        state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        raise InvalidInputError(
            f"imagenet: torchvision's ResNet18 weights could not be downloaded from "
            f"{weights.url}; give the folder of a model package instead ({error})"
        ) from error
    network = resnet18(weights=None)
    network.load_state_dict(state)
    network.fc = nn.Identity()
    transform = weights.transforms()

    def prepare(crop_rgb: RgbImage) -> Tensor:
        prepared: Tensor = transform(torch.tensor(crop_rgb).permute(2, 0, 1))
        return prepared

    return ResNet18Embedder("torchvision-resnet18@IMAGENET1K_V1", network, prepare, device)
