from __future__ import annotations

import re
from pathlib import Path

import pytest

from vision.detectron2.install import COMMAND, COMMIT, missing_error

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("path", ["Dockerfile.gpu", "docs/detectron2.md"])
def test_images_and_documents_get_the_commit_that_the_command_gets(path: str) -> None:
    assert set(re.findall(r"\b[0-9a-f]{40}\b", (ROOT / path).read_text())) == {COMMIT}


def test_what_is_missing_is_said_in_one_sentence_that_ends_in_the_command() -> None:
    sentence = str(missing_error("it is not installed"))
    assert "\n" not in sentence
    assert sentence.endswith(COMMAND)
    assert COMMIT in COMMAND
