"""Whether a detector can be loaded, as far as its card tells."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sorter.errors import InvalidInputError
from vision.detectron2.install import require_detectron2
from vision.load import detector_folder
from vision.model_card import DETECTOR_KINDS, MODEL_FILE, ModelKind, Runtime
from vision.package import load_card


def check_detector(source: str) -> None:
    """Check what ``source`` names, as :func:`vision.load.load_detector` takes it, in no time.

    Raises:
        InvalidInputError: It is missing, is no detector, or needs a library that is missing.
    """
    if source.endswith(".yaml"):
        require_detectron2()
        _check_yaml(source)
        return
    folder = detector_folder(source)
    card = load_card(folder)
    if card.kind not in DETECTOR_KINDS:
        raise InvalidInputError(
            f"{folder / MODEL_FILE}: kind is {card.kind}, which detects nothing"
        )
    if card.kind is ModelKind.DETECTRON2 and card.runtime is Runtime.TORCH:
        require_detectron2()
    if card.runtime is Runtime.ONNX and not any(map(find_spec, ("onnxruntime", "openvino"))):
        raise InvalidInputError(f"{folder} needs onnxruntime: pip install 'sorterbot[onnx]'")


def _check_yaml(source: str) -> None:
    from vision.detectron2.zoo import is_zoo_name, zoo_config_path  # imports the library

    if not Path(source).exists() and is_zoo_name(source):
        zoo_config_path(source)
    elif not Path(source).is_file():
        raise InvalidInputError(f"{source}: no such file, and no name of the model zoo")
