"""Every process reads an environment that was made for the original."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from cli.main import main
from sorter.errors import InvalidInputError
from storage.original_settings import with_original_settings
from workers.feeds import make_feeders

pytestmark = pytest.mark.services

GATEWAY = "from api.bootstrap import create_app_from_environment as make; make()"
WORKER = "import workers.app"
FEEDS = "from workers.feeds import main; main()"


@pytest.mark.parametrize("code", [GATEWAY, WORKER, FEEDS])
def test_a_mode_that_is_none_is_refused_by_every_process(code: str) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("SORTERBOT_")}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**own, "MODE": "staging"},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert ended.returncode != 0
    last = ended.stderr.strip().splitlines()[-1]
    assert last.endswith("MODE is local, aws-dev, production or not set, not 'staging'")


def exit_status(*words: str) -> object:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code


def test_the_original_s_database_may_be_ours(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SORTERBOT_DATABASE_URL", raising=False)
    monkeypatch.setenv("MODE", "local")
    monkeypatch.setenv("PG_CONN", postgres_url.replace("postgresql+psycopg2", "postgresql"))
    assert exit_status("migrate") == 0
    assert exit_status("keys", "create", "ARM001") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("sb_")
    told = with_original_settings(os.environ)
    with pytest.raises(InvalidInputError, match="neither CONTROL_PANEL_HOST nor"):
        make_feeders(told, threading.Event())
    (feeder,) = make_feeders(told | {"CONTROL_PANEL_HOST": "panel:8000"}, threading.Event())
    assert feeder.feed.take()
    feeder.feed.close()


def test_a_mode_that_is_none_is_one_sentence_of_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MODE", "staging")
    assert exit_status("migrate") == 1
    assert capsys.readouterr().err.startswith("sorterbot: MODE is local, aws-dev, production")
