from __future__ import annotations

from pathlib import Path

import pytest

from sorter.errors import InvalidInputError
from workers.replay_models import named_source


def test_a_name_stands_for_a_folder_of_the_packages_and_none_for_the_usual(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    assert named_source("new", tmp_path, "usual") == str(tmp_path / "new")
    assert named_source("", tmp_path, "usual") == "usual"
    assert named_source("", None, "") == ""


@pytest.mark.parametrize("name", ["other", "..", "file", "new/sub", "/etc"])
def test_what_is_no_package_is_refused_with_those_that_there_are(tmp_path: Path, name: str) -> None:
    (tmp_path / "new" / "sub").mkdir(parents=True)
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInputError, match=r"there are: new$"):
        named_source(name, tmp_path, "usual")


def test_without_a_folder_no_name_stands_for_anything() -> None:
    with pytest.raises(InvalidInputError, match=r"there are: none$"):
        named_source("new", None, "usual")
