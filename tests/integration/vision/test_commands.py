from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.main import main
from sorter.types import Label
from tests.integration.vision.detectron2_toys import make_detectron2_package, needs_detectron2
from tests.unit.vision.labelled.folders import write_coco, write_yolo
from vision.package import ModelKind, load_package, save_package

SHIPPED = Path(__file__).parents[3] / "vision" / "packages" / "detector"
EMBEDDER = SHIPPED.parent / "embedder"


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


def test_training_on_photographs_from_a_package_and_measuring_on_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "0 0.5 0.5 0.5 0.5\n1 0.2 0.2 0.1 0.1"
    bench = write_yolo(tmp_path / "bench", dict.fromkeys("abcd", lines), "names: [bolt, hand]")
    (bench / "images" / "b.png").write_bytes(b"")
    spec, out = f"yolo:{bench}:ignore=hand:skip_bad", tmp_path / "run"
    train = ["train", "detector", "--views", "2", "--judges", "1", "--steps", "1", "--batch", "2"]
    train += ["--photographs", f"{spec}:first=0.5:window=0.5", "--judge-photographs"]
    train += [f"{spec}:last=0.5", "--photograph-share", "0.5", "--input", "160x112"]
    train += ["--from", str(SHIPPED), "--device", "cpu", "--out", str(out)]
    assert run(*train) == 0
    assert "Left out: " in capsys.readouterr().err
    card = json.loads((out / "package" / "model.json").read_text())
    assert card["input_size"] == [160, 112]
    assert "photographs (yolo, bench, first 0.5, ignored hand" in card["training"]["how"]
    assert {"ap50_photographs", "mean_of_both"} <= card["scores"]["validation"].keys()

    scores = tmp_path / "scores.json"
    words = ["evaluate", "--model", str(out / "package"), "--views", "0", "--photographs", spec]
    assert run(*words, "--json", str(scores)) == 0
    (measured,) = json.loads(scores.read_text())["photographs"]
    assert measured["pictures"] == 3
    assert {"false_boxes_a_picture", "recall"} <= measured["at_threshold"].keys()


def test_a_coco_dataset_alone_teaches_and_judges_until_patience_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thing = {"bbox": [10, 5, 20, 10], "category_id": 5}
    bad = {"bbox": [300, 5, 20, 10], "category_id": 5}
    write_coco(tmp_path / "bench", {"a": [thing], "b": [bad], "c": [thing], "d": []})
    spec, out = f"coco:{tmp_path / 'bench'}:container=tray", tmp_path / "run"
    train = ["train", "detector", "--views", "0", "--judges", "0", "--photograph-share", "1"]
    train += ["--photographs", f"{spec}:first=0.75", "--judge-photographs", spec, "--skip-bad"]
    train += ["--steps", "9", "--evaluate-every", "1", "--patience", "1", "--batch", "2"]
    train += ["--input", "160x112", "--precision", "float32", "--device", "cpu"]
    assert run(*train, "--from", str(SHIPPED), "--out", str(out)) == 0
    told = capsys.readouterr()
    assert "b.png: a box lies outside the picture" in told.err
    assert "evaluations without a better ap50_photographs: 1" in " ".join(told.out.split())
    card = json.loads((out / "package" / "model.json").read_text())
    start = load_package(SHIPPED, ModelKind.DETECTOR).card.full_name
    assert card["training"]["how"].startswith(f"from {start}; photographs (coco, ")
    assert card["scores"]["validation"].keys() >= {"ap50_photographs", "false_boxes_a_photograph"}


@pytest.mark.detectron2
@needs_detectron2
def test_training_a_network_of_detectron2_from_a_package_and_evaluating_it(tmp_path: Path) -> None:
    save_package(make_detectron2_package(), tmp_path / "tiny")
    out = tmp_path / "run"
    train = ["train", "detector", "--kind", "detectron2", "--from", str(tmp_path / "tiny")]
    train += ["--views", "4", "--judges", "1", "--steps", "2", "--batch", "2", "--device", "cpu"]
    train += ["--input", "192x128", "--out", str(out)]
    assert run(*train) == 0
    assert run(*train, "--resume") == 0
    card = json.loads((out / "package" / "model.json").read_text())
    assert (card["kind"], card["input_size"]) == ("detectron2", [192, 128])
    assert "from sorterbot-detectron2@1 on rendered views" in card["training"]["how"]

    scores = tmp_path / "scores.json"
    words = ["evaluate", "--model", str(out / "package"), "--views", "2", "--resolution", "0.3"]
    assert run(*words, "--json", str(scores)) == 0
    assert json.loads(scores.read_text())["model"] == "sorterbot-detectron2@1.0.0"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--input", "wide"], "not a size such as 448x336: wide"),
        (["--input", "450x336"], "multiples of 16"),
        (["--photographs", "bench"], "expected FORMAT:FOLDER"),
        (["--photographs", "yolo:nowhere"], "holds 0 pairs of folders"),
        (["--photographs", "coco:nowhere"], "holds 0 JSON files"),
        (["--from", "nowhere"], r"model.json: cannot be read"),
        (["--kind", "yolo"], "no such kind of detector: yolo; known: torchvision, detectron2"),
        (["--precision", "float8"], "precision is one of bfloat16, float16, float32"),
        (["--views", "0", "--steps", "2"], "without views, give --photographs, --photograph-share"),
        (["--judges", "0"], "without --judges, give --judge-photographs"),
    ],
)
def test_what_training_cannot_use_is_one_sentence_before_anything_is_rendered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert run("train", "detector", "--out", str(tmp_path / "run"), *words) == 1
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run" / "views").exists()


def test_training_an_embedder_and_measuring_it_on_photographs(tmp_path: Path) -> None:
    out = tmp_path / "run"
    lines = "\n".join(f"{kind} 0.5 0.5 0.{5 + kind} 0.5" for kind in (0, 0, 0, 1, 1, 1))
    bench = write_yolo(tmp_path / "bench", dict.fromkeys("ab", lines), "names: [bolt, hand]")
    words = ["train", "embedder", "--crops", "8", "--made-up", "3", "--judges", "300"]
    words += ["--steps", "2", "--batch", "4", "--device", "cpu", "--out", str(out)]
    words += ["--photographs", f"yolo:{bench}:ignore=hand", "--from", str(EMBEDDER)]
    assert run(*words) == 0
    card = json.loads((out / "package" / "model.json").read_text())
    assert card["kind"] == "resnet18-embedder"
    assert "3 made-up kinds; crops of photographs (yolo, bench" in card["training"]["how"]
    assert card["scores"]["validation"].keys() == {"purity"}

    scores = tmp_path / "scores.json"
    words = ["evaluate", "--views", "0", "--embedder", str(out / "package")]
    words += ["--photograph-crops", f"yolo:{bench}", "--json", str(scores)]
    assert run(*words) == 0
    measured = json.loads(scores.read_text())["photograph_crops"]
    assert (measured["kinds"], measured["crops"]) == (["bolt", "hand"], 12)
    assert 0.5 <= measured["purity_overall"] <= 1


def test_evaluating_a_folder_without_a_model_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", "--model", str(tmp_path)) == 1
    assert "model.json: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["train", "detector"], ["train", "embedder"], ["evaluate"], ["pack"]]
)
def test_help_shows_examples(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words, "--help") == 0
    assert "$ sorterbot " + words[0] in capsys.readouterr().out
