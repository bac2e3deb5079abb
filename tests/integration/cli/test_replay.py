from __future__ import annotations

import pytest

from cli.replay import replay
from sorter.errors import TransientError

ORIGINALS = {
    "MODE": "production",
    "PG_CONN": "postgresql://sorterbot@127.0.0.1:1/none",
    "RESOURCE_SUFFIX": "a",
    "DEPLOY_REGION": "eu-west-1",
    "SORTERBOT_BROKER_URL": "redis://127.0.0.1:1/0",
    "SORTERBOT_RESULTS_URL": "redis://127.0.0.1:1/1",
}


def test_the_originals_settings_are_read_as_by_any_other_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It goes as far as to that database, which does not answer."""
    for name in ("SORTERBOT_DATABASE_URL", "SORTERBOT_IMAGE_STORE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ORIGINALS.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TransientError, match="did not answer"):
        replay("a-session")
