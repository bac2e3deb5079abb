from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from cli.main import COMMANDS, Entry, main
from sorter.errors import ConflictError


def exit_status(*words: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of its own, mounted as the subcommand ``sing``."""
    module = ModuleType("songs")
    monkeypatch.setitem(sys.modules, "songs", module)
    monkeypatch.setitem(COMMANDS, "sing", Entry("songs", "sing", "Sing.", "Songs"))
    return module


def test_help_describes_every_subcommand(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status("--help") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


def test_help_imports_no_subcommand() -> None:
    code = (
        "import sys\n"
        "from cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'sqlalchemy', 'celery', 'redis', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_known_failure_is_one_sentence_and_status_1(
    module: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def sing() -> None:
        raise ConflictError("the hall is taken")

    module.sing = sing  # type: ignore[attr-defined]
    assert exit_status("sing") == 1
    assert capsys.readouterr().err == "sorterbot: the hall is taken\n"


def test_ctrl_c_is_status_130(module: ModuleType) -> None:
    def sing() -> None:
        raise KeyboardInterrupt

    module.sing = sing  # type: ignore[attr-defined]
    assert exit_status("sing") == 130


def test_an_unknown_subcommand_is_status_2_and_names_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_status("migrat") == 2
    assert "migrate" in capsys.readouterr().err


def test_the_examples_of_a_subcommand_are_its_module_s_epilog(
    module: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def sing() -> None:
        """Sing a song."""

    module.sing = sing  # type: ignore[attr-defined]
    module.EPILOG = "Try it under the shower."  # type: ignore[attr-defined]
    assert exit_status("sing", "--help") == 0
    shown = capsys.readouterr().out
    assert "Sing a song." in shown
    assert "Try it under the shower." in shown


@pytest.mark.parametrize("name", ["up", "keys", "migrate"])
def test_help_ends_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(name, "--help") == 0
    shown = capsys.readouterr().out
    assert "Examples" in shown


def test_the_version_is_that_of_the_distribution(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status("--version") == 0
    assert capsys.readouterr().out.startswith("sorterbot ")
