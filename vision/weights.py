"""Weights between a net and the plain arrays of a model package."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from sorter.errors import InvalidInputError
from vision.package import WEIGHTS_FILE, Weights


def load_weights(network: nn.Module, weights: Weights) -> None:
    """Fill a net with weights.

    Raises:
        InvalidInputError: A name or a shape is not the net's.
    """
    tensors = {name: torch.from_numpy(np.array(weight)) for name, weight in weights.items()}
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise InvalidInputError(f"{WEIGHTS_FILE} does not fit the architecture: {error}") from error


def weights_of(network: nn.Module) -> Weights:
    """Return copies of a net's weights by name."""
    return {
        name: tensor.detach().cpu().contiguous().numpy().copy()
        for name, tensor in network.state_dict().items()
    }
