from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from sorter.errors import InvalidInputError
from tests.integration.vision.toys import make_package
from vision.detector import TorchvisionDetector
from vision.package import ModelPackage

CPU = torch.device("cpu")


def test_weights_that_do_not_fit_the_architecture_are_refused() -> None:
    package = make_package()
    smaller = {**package.card.architecture, "head_values": 8}
    card = replace(package.card, architecture=smaller)
    with pytest.raises(InvalidInputError, match="does not fit the architecture"):
        TorchvisionDetector.from_package(ModelPackage(card, package.weights), CPU)


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"pyramid_channels": 0},
        {"head_values": "many"},
        {"anchor_sizes_px": [[8], [16]]},
        {"anchor_sizes_px": [[8], [16], [32, 64]]},
        {"anchor_ratios": [0.0]},
        {"anchor_ratios": None},
    ],
)
def test_an_architecture_that_cannot_be_built_is_refused(numbers: dict[str, object]) -> None:
    package = make_package()
    whole = {**package.card.architecture, **numbers} if numbers else {}
    card = replace(package.card, architecture=whole)
    with pytest.raises(InvalidInputError):
        TorchvisionDetector.from_package(ModelPackage(card, package.weights), CPU)
