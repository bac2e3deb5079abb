from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from vision.label_maps import COCO, load_label_map
from vision.model_card import Role


def write(folder: Path, text: str) -> Path:
    path = folder / "own.labels.json"
    path.write_text(text)
    return path


def test_coco_has_its_80_classes_in_their_order() -> None:
    names = list(load_label_map(COCO))
    assert len(names) == 80
    assert (names[0], names[45], names[79]) == ("person", "bowl", "toothbrush")


@pytest.mark.detectron2
def test_coco_has_the_names_and_the_order_of_detectron2() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what the library does as it is imported
        from detectron2.data.datasets.builtin_meta import COCO_CATEGORIES

    theirs = [category["name"] for category in COCO_CATEGORIES if category["isthing"]]
    assert list(load_label_map(COCO)) == theirs


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (Role.CONTAINER, {"bowl", "cup", "suitcase"}),
        (Role.ITEM, {"spoon", "scissors", "apple", "cell phone", "bottle"}),
        (Role.IGNORE, {"person", "cat", "car", "dining table", "laptop", "wine glass"}),
    ],
)
def test_of_coco_vessels_are_containers_and_a_hand_is_never_sorted(
    role: Role, names: set[str]
) -> None:
    assert {load_label_map(COCO)[name] for name in names} == {role}


@given(st.dictionaries(st.text(min_size=1), st.sampled_from(Role)))
def test_roles_come_back_in_the_order_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, roles: dict[str, Role]
) -> None:
    roles = {**roles, "last": Role.ITEM}
    path = write(tmp_path_factory.mktemp("map"), json.dumps(roles))
    assert list(load_label_map(path).items()) == list(roles.items())


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no class is"),
        ("3", "not an object"),
        ('["item"]', "not an object"),
        ("{}", "no class is an item or a container"),
        ('{"hand": "ignore"}', "no class is an item or a container"),
        ('{"nut": "thing"}', "nut is thing"),
        ('{"nut": ["item"]}', "nut is"),
        ('{"nut": "item", "nut": "ignore"}', "named twice"),
        (" " * 1_000_001, "larger than"),
    ],
)
def test_what_is_no_label_map_is_refused_by_its_file(tmp_path: Path, text: str, wrong: str) -> None:
    with pytest.raises(InvalidInputError, match=rf"own\.labels\.json: .*{wrong}"):
        load_label_map(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load_label_map(tmp_path / "none.json")
