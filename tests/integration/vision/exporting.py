"""Tiny packages with their exported twins; an export takes seconds, so each is made once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import torch

from tests.integration.vision.toys import make_package
from vision.embedder import WHITENED
from vision.export.packages import exported, with_graph
from vision.networks import build_embedder
from vision.package import ModelKind, ModelPackage
from vision.training.embedder import embedder_card
from vision.weights import weights_of

KINDS = (ModelKind.DETECTOR, ModelKind.EMBEDDER)


@cache
def package_of(kind: ModelKind) -> ModelPackage:
    """Return a package of torch with weights by chance."""
    if kind is ModelKind.DETECTOR:
        return make_package()
    torch.manual_seed(0)
    card = embedder_card("1", ("bolt", "nut"), 32, {})
    card = replace(card, architecture={WHITENED: True})
    return ModelPackage(card, weights_of(build_embedder(is_whitened=True)))


@cache
def exported_of(kind: ModelKind) -> ModelPackage:
    """Return the package as it runs without torch."""
    return exported(package_of(kind))


@cache
def with_graph_of(kind: ModelKind) -> ModelPackage:
    """Return the package with a graph beside its weights."""
    return with_graph(package_of(kind))
