"""What a package of the kind ``detectron2`` has beyond the others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from sorter.types import Label
from vision.model_card import Role, card_from_document, document_from_card
from vision.package import (
    CONFIG_FILE,
    MODEL_FILE,
    WEIGHTS_FILE,
    ModelCard,
    ModelKind,
    ModelPackage,
    load_card,
    load_package,
    save_package,
)
from vision.ports import IGNORED

CARD = ModelCard(
    name="zoo",
    version="3",
    kind=ModelKind.DETECTRON2,
    labels=("person", "bowl", "spoon"),
    input_size_px=(320, 240),
    score_threshold=0.5,
    label_map={"bowl": Role.CONTAINER, "spoon": Role.ITEM},
)
CONFIG = "MODEL:\n  MASK_ON: false\n"
WEIGHTS = {"layer": np.ones(2, np.float32)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_package(ModelPackage(CARD, WEIGHTS, CONFIG), tmp_path)
    return tmp_path


def change(folder: Path, **fields: Any) -> None:
    path = folder / MODEL_FILE
    document = {**json.loads(path.read_text()), **fields}
    path.write_text(json.dumps({k: v for k, v in document.items() if v is not None}))


def test_config_and_label_map_come_back_as_they_were_saved(folder: Path) -> None:
    package = load_package(folder, ModelKind.DETECTRON2)
    assert package.card == CARD
    assert package.config == CONFIG
    assert load_card(folder) == CARD


def test_saving_writes_three_files_and_nothing_else(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    assert names == [CONFIG_FILE, MODEL_FILE, WEIGHTS_FILE]


def test_one_changed_byte_of_the_config_is_noticed(folder: Path) -> None:
    (folder / CONFIG_FILE).write_text(CONFIG.replace("false", "FALSE"))
    with pytest.raises(InvalidInputError, match=r"config\.yaml: its SHA-256 is not config_sha256"):
        load_package(folder, ModelKind.DETECTRON2)


def test_a_missing_config_is_named(folder: Path) -> None:
    (folder / CONFIG_FILE).unlink()
    with pytest.raises(InvalidInputError, match=r"config\.yaml: cannot be read"):
        load_package(folder, ModelKind.DETECTRON2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label_map", None),
        ("label_map", []),
        ("label_map", {}),
        ("label_map", {"bowl": "bin"}),
        ("label_map", {"bowl": ["item"]}),
        ("label_map", {"cup": "container"}),
        ("label_map", {"bowl": "ignore"}),
        ("config_sha256", None),
        ("config_sha256", "ab"),
    ],
)
def test_a_bad_field_is_refused_by_its_file_and_name(folder: Path, field: str, value: Any) -> None:
    change(folder, **{field: value})
    with pytest.raises(InvalidInputError, match=f"{MODEL_FILE}: field {field}"):
        load_package(folder, ModelKind.DETECTRON2)


@pytest.mark.parametrize(
    ("package", "field"),
    [
        (ModelPackage(replace(CARD, label_map={}), WEIGHTS, CONFIG), "label_map"),
        (ModelPackage(CARD, WEIGHTS), "config_sha256"),
        (ModelPackage(replace(CARD, kind=ModelKind.DETECTOR), WEIGHTS), "label_map"),
        (
            ModelPackage(replace(CARD, kind=ModelKind.DETECTOR, label_map={}), WEIGHTS, CONFIG),
            "config_sha256",
        ),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(
    tmp_path: Path, package: ModelPackage, field: str
) -> None:
    with pytest.raises(InvalidInputError, match=f"field {field}"):
        save_package(package, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_classes_are_what_the_label_map_says_and_others_are_ignored() -> None:
    assert CARD.class_labels().tolist() == [IGNORED, Label.CONTAINER, Label.ITEM]


@given(st.dictionaries(st.text("abcdef", min_size=1), st.sampled_from(Role), min_size=1))
def test_every_card_that_may_exist_is_read_back_as_it_was(roles: dict[str, Role]) -> None:
    roles["always"] = Role.ITEM
    card = replace(CARD, labels=tuple(roles), label_map=roles)
    document = {"weights_sha256": "0" * 64, "config_sha256": "1" * 64, **document_from_card(card)}
    assert card_from_document(json.loads(json.dumps(document)), Path("model.json")) == card
