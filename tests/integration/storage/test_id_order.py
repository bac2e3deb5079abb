"""Sessions are found by how their ids begin in the order of English, too.

PostgreSQL's image has it. In the order of code points, as in these tests' databases, nothing of
it would show.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storage.sql.overview import last_beginning

COMPARE = """
import locale, sys
locale.setlocale(locale.LC_COLLATE, "en_US.UTF-8")
first, *ids, last = sys.argv[1:]
sys.exit(any(locale.strcoll(first, i) > 0 or locale.strcoll(i, last) > 0 for i in ids))
"""


def test_ids_lie_within_the_range_of_their_beginning_in_the_order_of_english(
    tmp_path: Path,
) -> None:
    made = tmp_path / "en_US.UTF-8"
    if shutil.which("localedef") is not None:
        subprocess.run(["localedef", "-i", "en_US", "-f", "UTF-8", made], check=False)
    if not made.exists():
        pytest.skip("the sources of the C library's locales are not installed")
    ids = [f"ab{digit}{'0' * 29}" for digit in "0123456789abcdef"]
    compared = subprocess.run(
        [sys.executable, "-c", COMPARE, "ab", *ids, last_beginning("ab")],
        env=os.environ | {"LOCPATH": str(tmp_path)},
        check=False,
    )
    assert compared.returncode == 0
