"""Model packages made of what Detectron2 itself keeps: zoo names, and a ``.yaml`` with weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from sorter.errors import InvalidInputError
from vision.detectron2.checkpoint import fill, read_checkpoint
from vision.detectron2.config import (
    Config,
    build_network,
    config_from_file,
    input_size_px,
    n_classes,
    text_from_config,
)
from vision.detectron2.zoo import downloaded, zoo_config_path, zoo_version, zoo_weights_url
from vision.label_maps import COCO, load_label_map
from vision.model_card import ModelCard, ModelKind, Role
from vision.package import ModelPackage
from vision.weights import weights_of

SCORE_THRESHOLD = 0.5
"""Of what names none itself: an answer that is more likely right than wrong."""

LABELS_SUFFIX = ".labels.json"
_BESIDE = ("{stem}.pth", "{stem}.pkl", "model_final.pth", "model_final.pkl")


def package_from_zoo(name: str, label_map: Mapping[str, Role] | None = None) -> ModelPackage:
    """Return a network of the model zoo with its trained weights, downloaded once.

    Args:
        name: As the zoo spells it, ``COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml``.
        label_map: Of all its classes in their order; without it, that of COCO.

    Raises:
        InvalidInputError: The zoo has no such network, its classes are not those of the label
            map, or the weights cannot be downloaded.
    """
    config = config_from_file(zoo_config_path(name), is_trusted=True)
    roles = _label_map(config, name, label_map)
    url = zoo_weights_url(name)
    return make_package(
        config, downloaded(url), roles, name.removesuffix(".yaml"), zoo_version(url)
    )


def package_from_yaml(path: Path) -> ModelPackage:
    """Return the network of an own configuration file with the weights that lie beside it.

    The weights are ``NAME.pth`` or ``model_final.pth`` in the folder of ``NAME.yaml``, or the
    file that its ``MODEL.WEIGHTS`` names. The label map is ``NAME.labels.json`` there, or, where
    the configuration was trained on COCO, that of COCO. The version is the weights' checksum.

    Raises:
        InvalidInputError: One of them is missing or broken, or they do not fit each other.
    """
    config = config_from_file(path)
    own_map = path.with_name(path.stem + LABELS_SUFFIX)
    label_map = load_label_map(own_map) if own_map.exists() else None
    roles = _label_map(config, str(path), label_map)
    weights = _weights_path(config, path)
    version = hashlib.sha256(weights.read_bytes()).hexdigest()[:12]
    return make_package(config, weights, roles, path.stem, version)


def make_package(
    config: Config, weights: Path, label_map: Mapping[str, Role], name: str, version: str
) -> ModelPackage:
    """Return the package of a configuration and a weights file.

    Args:
        config: Its test sizes become the package's input size.
        weights: A ``.pth`` or ``.pkl`` file.
        label_map: The role of every class, in the order of the network's outputs.
        name: Of the package; so ``version``.

    Raises:
        InvalidInputError: The parts do not fit each other.
    """
    network = build_network(config)
    fill(network, read_checkpoint(weights), str(weights))
    card = ModelCard(
        name=name,
        version=version,
        kind=ModelKind.DETECTRON2,
        labels=tuple(label_map),
        input_size_px=input_size_px(config),
        score_threshold=SCORE_THRESHOLD,
        label_map={label: role for label, role in label_map.items() if role is not Role.IGNORE},
    )
    return ModelPackage(card, weights_of(network), text_from_config(config))


def _label_map(
    config: Config, name: str, label_map: Mapping[str, Role] | None
) -> Mapping[str, Role]:
    """Return the label map that fits the network's classes."""
    classes = n_classes(config)
    is_coco = all(str(dataset).startswith("coco_") for dataset in config.DATASETS.TRAIN)
    if label_map is None and is_coco:
        label_map = load_label_map(COCO)
    if label_map is None or len(label_map) != classes:
        raise InvalidInputError(
            f"{name} knows {classes} classes and needs a label map of as many: a file "
            f"{Path(name).stem}{LABELS_SUFFIX} beside it"
        )
    return label_map


def _weights_path(config: Config, path: Path) -> Path:
    beside = [path.with_name(pattern.format(stem=path.stem)) for pattern in _BESIDE]
    named = path.parent / str(config.MODEL.WEIGHTS)
    for candidate in (*beside, named):
        if candidate.is_file():
            return candidate
    raise InvalidInputError(f"{path}: has no weights beside it, as {beside[0].name}")
