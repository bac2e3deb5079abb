from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import main
from tests.integration.vision.exporting import KINDS, package_of
from vision.package import Runtime, load_card, load_package, save_package

DETECTOR, EMBEDDER = KINDS


def run(*words: object) -> int:
    """Run ``sorterbot export`` and return its exit status."""
    with pytest.raises(SystemExit) as ended:
        main(["export", *map(str, words)])
    return int(ended.value.code or 0)


def test_an_exported_embedder_is_compared_with_its_original(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_package(package_of(EMBEDDER), tmp_path / "own")
    asked = ("--out", tmp_path / "made", "--crops", 2, "--json", tmp_path / "scores.json")
    assert run(tmp_path / "own", *asked, "--on", "cpu", "--on", "openvino") == 0
    assert load_card(tmp_path / "made").runtime is Runtime.ONNX
    rows = json.loads((tmp_path / "scores.json").read_text())
    assert [row["device"] for row in rows] == ["cpu", "openvino"]
    assert all(row["crops"] == 2 and row["largest_difference"] < 0.05 for row in rows)
    assert "times as fast" in capsys.readouterr().out


def test_a_graph_put_beside_the_weights_of_a_detector_is_compared_with_torch(
    tmp_path: Path,
) -> None:
    save_package(package_of(DETECTOR), tmp_path / "own")
    before = (tmp_path / "own" / "weights.safetensors").read_bytes()
    scores = tmp_path / "scores.json"
    assert run(tmp_path / "own", "--beside", "--views", 1, "--json", scores) == 0
    assert load_package(tmp_path / "own", DETECTOR).graph
    assert (tmp_path / "own" / "weights.safetensors").read_bytes() == before
    (row,) = json.loads(scores.read_text())
    assert row["pictures"] == 1
    assert {"ap50_95", "ap50_95_difference", "largest_shift_px", "alone"} <= row.keys()


@pytest.mark.parametrize("words", [(), ("--beside", "--out", "there")])
def test_the_export_goes_to_one_place(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("detector", *words) == 1
    assert "either --out FOLDER or --beside" in capsys.readouterr().err


def test_what_is_exported_already_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_package(package_of(EMBEDDER), tmp_path / "own")
    assert run(tmp_path / "own", "--out", tmp_path / "made", "--crops", 0) == 0
    assert run(tmp_path / "made", "--out", tmp_path / "again", "--crops", 0) == 1
    assert "runtime is onnx, not torch" in capsys.readouterr().err


def test_a_folder_without_a_package_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "nowhere", "--out", tmp_path / "made") == 1
    assert "nowhere/model.json: cannot be read" in capsys.readouterr().err
