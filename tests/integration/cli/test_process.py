from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.services.process import last_words

TRACE = 'Traceback (most recent call last):\n  File "x"\nsorter.errors.NotFoundError: no model'
GUNICORN = "[2026-11-20 20:55:33 +0000] [18827] [ERROR] Reason: App failed to load."
LEAVING = json.dumps({"event": "Worker exiting (pid: 4)", "logger": "gunicorn.error"})


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("one\nthe disk is full\n\n", "the disk is full"),
        ("", "it wrote nothing"),
        (json.dumps({"event": "cannot start", "exception": TRACE}), TRACE.splitlines()[-1]),
        (json.dumps({"event": "ready", "level": "info"}), "ready"),
        (json.dumps({"level": "info"}), '{"level": "info"}'),
        ("42", "42"),
        (
            f"The gateway does not start: no table\n{LEAVING}\n{GUNICORN}",
            "The gateway does not start: no table",
        ),
        (GUNICORN, GUNICORN),
    ],
)
def test_the_last_words_of_a_log_are_the_last_thing_it_says(
    tmp_path: Path, written: str, words: str
) -> None:
    log = tmp_path / "log"
    log.write_text(written)
    assert last_words(log) == words


def test_a_log_that_was_never_written_has_last_words_too(tmp_path: Path) -> None:
    assert last_words(tmp_path / "log") == "it wrote nothing"
