from __future__ import annotations

import pytest

from api.keys import OPERATOR_KEYS
from tests.integration.cli.test_keys import run

pytestmark = pytest.mark.services


def test_an_operators_key_is_made_listed_and_revoked(
    migrated_postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = f"--database-url={migrated_postgres_url}"
    _, text = run(capsys, "operators", "create", "Ada", database)
    key_id = OPERATOR_KEYS.parse(text.strip()).key_id
    _, listed = run(capsys, "operators", "list", database)
    assert key_id in listed
    assert "in force" in listed
    assert run(capsys, "operators", "revoke", key_id, database)[0] == 0
    _, listed = run(capsys, "operators", "list", database)
    assert "revoked" in listed
    assert run(capsys, "operators", "revoke", "0" * 12, database)[0] == 1
