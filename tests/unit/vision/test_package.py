from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from vision.package import (
    MODEL_FILE,
    WEIGHTS_FILE,
    ModelCard,
    ModelKind,
    ModelPackage,
    load_package,
    save_package,
    write_atomically,
)

CARD = ModelCard(
    name="finder",
    version="1.2.0",
    kind=ModelKind.DETECTOR,
    labels=("item", "container"),
    input_size_px=(320, 240),
    score_threshold=0.5,
    architecture={"head_values": 4},
    training={"seed": 3, "steps": 20},
    scores={"ap50": 0.9},
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weights = {
        "layer.weight": np.array([[0.5, -2.0], [0.25, 1.0]], np.float32),
        "layer.batches": np.array(70_000, np.int64),
    }
    save_package(ModelPackage(CARD, weights), tmp_path / "model")
    return tmp_path / "model"


def change(folder: Path, **fields: Any) -> None:
    path = folder / MODEL_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_package_that_was_saved_says_the_same_when_loaded(folder: Path) -> None:
    package = load_package(folder, ModelKind.DETECTOR)
    assert package.card == CARD
    assert package.card.full_name == "finder@1.2.0"


def test_weights_are_computed_in_float32_and_counts_keep_their_value(folder: Path) -> None:
    weights = load_package(folder, ModelKind.DETECTOR).weights
    assert weights["layer.weight"].dtype == np.float32
    assert weights["layer.weight"].tolist() == [[0.5, -2.0], [0.25, 1.0]]
    assert weights["layer.batches"] == 70_000


def test_weights_take_two_bytes_each_on_disk(tmp_path: Path) -> None:
    weights = {"w": np.zeros(10_000, np.float32)}
    save_package(ModelPackage(CARD, weights), tmp_path)
    assert 20_000 <= (tmp_path / WEIGHTS_FILE).stat().st_size < 20_500


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_weights_that_float16_cannot_hold_are_not_saved(tmp_path: Path, value: float) -> None:
    weights = {"layer.bias": np.array([value], np.float32)}
    with pytest.raises(InvalidInputError, match=r"layer\.bias"):
        save_package(ModelPackage(CARD, weights), tmp_path)
    assert not (tmp_path / WEIGHTS_FILE).exists()


def test_saving_leaves_no_temporary_files(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [MODEL_FILE, WEIGHTS_FILE]


def test_saving_again_replaces_the_package(folder: Path) -> None:
    save_package(ModelPackage(CARD, {"other": np.ones(2, np.float32)}), folder)
    assert list(load_package(folder, ModelKind.DETECTOR).weights) == ["other"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "text")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"


def test_one_changed_byte_of_the_weights_is_noticed(folder: Path) -> None:
    path = folder / WEIGHTS_FILE
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(InvalidInputError, match=r"weights\.safetensors: its SHA-256"):
        load_package(folder, ModelKind.DETECTOR)


def test_bytes_that_are_no_safetensors_are_refused_though_their_checksum_fits(
    folder: Path,
) -> None:
    data = b"\x80\x04 a pickle would begin like this"
    (folder / WEIGHTS_FILE).write_bytes(data)
    import hashlib

    change(folder, weights_sha256=hashlib.sha256(data).hexdigest())
    with pytest.raises(InvalidInputError, match="not a safetensors file"):
        load_package(folder, ModelKind.DETECTOR)


@pytest.mark.parametrize("name", [MODEL_FILE, WEIGHTS_FILE])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InvalidInputError, match=f"{name}: cannot be read"):
        load_package(folder, ModelKind.DETECTOR)


BAD_FIELDS: list[tuple[str, Any]] = [
    ("format", 2),
    ("name", ""),
    ("name", 3),
    ("version", None),
    ("version", "1\n2"),
    ("kind", "pickle"),
    ("labels", []),
    ("labels", "item"),
    ("labels", ["item", "item"]),
    ("labels", [1, 2]),
    ("input_size", [320]),
    ("input_size", [320, 240.0]),
    ("input_size", [320, True]),
    ("input_size", [320, 8]),
    ("input_size", [320, 1_000_000]),
    ("score_threshold", 0.0),
    ("score_threshold", 1.0),
    ("score_threshold", True),
    ("score_threshold", "0.5"),
    ("score_threshold", None),
    ("architecture", []),
    ("weights_sha256", "AB" * 32),
    ("weights_sha256", "ab"),
    ("training", None),
    ("scores", 0.9),
    ("extra", 1),
]


@pytest.mark.parametrize(("name", "value"), BAD_FIELDS)
def test_a_bad_field_is_refused_by_its_file_and_name(folder: Path, name: str, value: Any) -> None:
    change(folder, **{name: value})
    with pytest.raises(InvalidInputError, match=f"{MODEL_FILE}: field {name}"):
        load_package(folder, ModelKind.DETECTOR)


@pytest.mark.parametrize("name", ["format", "name", "kind", "weights_sha256", "scores"])
def test_a_missing_field_is_refused_by_its_file_and_name(folder: Path, name: str) -> None:
    path = folder / MODEL_FILE
    document = json.loads(path.read_text())
    del document[name]
    path.write_text(json.dumps(document))
    with pytest.raises(InvalidInputError, match=f"{MODEL_FILE}: field {name} is missing"):
        load_package(folder, ModelKind.DETECTOR)


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_model_file_that_is_no_json_object_is_refused(folder: Path, text: str) -> None:
    (folder / MODEL_FILE).write_text(text)
    with pytest.raises(InvalidInputError, match=f"{MODEL_FILE}: not"):
        load_package(folder, ModelKind.DETECTOR)


def test_a_model_file_of_any_size_is_not_parsed(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"[" * 1_000_001)
    with pytest.raises(InvalidInputError, match=f"{MODEL_FILE}: larger than"):
        load_package(folder, ModelKind.DETECTOR)


def test_deeply_nested_json_is_refused_and_does_not_crash(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"[" * 900_000)
    with pytest.raises(InvalidInputError, match=f"{MODEL_FILE}: not"):
        load_package(folder, ModelKind.DETECTOR)


def test_a_package_of_another_kind_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidInputError, match="kind is torchvision-faster-rcnn, not resnet18"):
        load_package(folder, ModelKind.EMBEDDER)
