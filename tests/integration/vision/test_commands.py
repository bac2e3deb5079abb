from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import main
from sorter.types import Label


def run(*words: str) -> int:
    """Run the command line and return its exit status."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


def test_training_then_resuming_then_evaluating_a_detector(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    train = ["train", "detector", "--views", "4", "--judges", "1", "--steps", "2", "--batch", "2"]
    train += ["--device", "cpu", "--out", str(out)]
    assert run(*train, "--json", str(tmp_path / "train.json")) == 0
    assert json.loads((tmp_path / "train.json").read_text()).keys() >= {"ap50", "ap50_95"}
    assert (out / "curves.png").exists()

    capsys.readouterr()
    assert run(*train) == 1
    assert "go on with it by --resume" in capsys.readouterr().err
    assert run(*train, "--resume") == 0

    scores = tmp_path / "scores.json"
    words = ["evaluate", "--model", str(out / "package"), "--views", "2", "--resolution", "0.3"]
    assert run(*words, "--json", str(scores)) == 0
    measured = json.loads(scores.read_text())
    labels = {label.name.lower() for label in Label}
    assert measured["ap50_by_label"].keys() == measured["ap50_95_by_label"].keys() == labels
    assert {"ap50", "ap50_95", "at_threshold", "seconds_per_view"} <= measured.keys()


def test_training_an_embedder(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["train", "embedder", "--crops", "8", "--judges", "300", "--steps", "2"]
    words += ["--batch", "4", "--device", "cpu", "--out", str(out)]
    assert run(*words) == 0
    card = json.loads((out / "package" / "model.json").read_text())
    assert card["kind"] == "resnet18-embedder"
    assert card["scores"]["validation"].keys() == {"purity", "accuracy"}


def test_evaluating_a_folder_without_a_model_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", "--model", str(tmp_path)) == 1
    assert "model.json: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["train", "detector"], ["train", "embedder"], ["evaluate"]])
def test_help_shows_examples(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words, "--help") == 0
    assert "$ sorterbot " + words[0] in capsys.readouterr().out
