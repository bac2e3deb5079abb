"""Stores by their URLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from sorter.errors import InvalidInputError
from storage.bootstrap import make_image_store, make_store
from tests.factories import JPEG


def test_a_folder_is_named_by_its_url_spaces_and_all(tmp_path: Path) -> None:
    folder = tmp_path / "with a space %41"
    key = make_image_store(folder.as_uri()).save_image("session", JPEG)
    assert (folder / key).read_bytes() == JPEG


@pytest.mark.parametrize(
    "url", ["", "/a/path", "file://", "file://elsewhere/path", "gs://bucket", "s3://b?typo=1"]
)
def test_a_url_that_names_no_image_store_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError):
        make_image_store(url)


def test_a_store_is_made_without_talking_to_its_database() -> None:
    make_store("postgresql://nobody@127.0.0.1:1/none").close()
    with pytest.raises(InvalidInputError):
        make_store("mysql://host/name")
