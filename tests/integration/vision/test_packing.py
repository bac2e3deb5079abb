from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from cli.main import main
from tests.integration.vision.detectron2_toys import make_detectron2_package, needs_detectron2
from tests.integration.vision.toys import Discs, Rectangles, make_package
from tests.unit.vision.labelled.folders import write_picture
from vision.load import load_detector
from vision.networks import build_embedder
from vision.package import CONFIG_FILE, MODEL_FILE, WEIGHTS_FILE, ModelPackage, save_package
from vision.training.embedder import embedder_card
from vision.weights import weights_of

Make = Callable[[], ModelPackage]


def embedder() -> ModelPackage:
    torch.manual_seed(2)
    return ModelPackage(embedder_card("1", Discs(1).kinds, 32, {}), weights_of(build_embedder()))


OURS = pytest.mark.parametrize("make", [make_package, embedder])


@pytest.fixture
def picture(tmp_path: Path) -> str:
    write_picture(tmp_path / "picture.png")
    return str(tmp_path / "picture.png")


def run(*words: object) -> int:
    """Run the command line and return its exit status."""
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    return int(ended.value.code or 0)


def write_torch(package: ModelPackage, path: Path, *, is_wrapped: bool) -> Path:
    tensors = {name: torch.from_numpy(np.array(w)) for name, w in package.weights.items()}
    torch.save({"model": tensors, "iteration": 7} if is_wrapped else tensors, path)
    return path


@OURS
@pytest.mark.parametrize("form", ["safetensors", "bare", "wrapped"])
def test_a_package_taken_apart_and_packed_again_is_the_same(
    tmp_path: Path, picture: str, make: Make, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made, again = tmp_path / "made", tmp_path / "packages" / "again"
    save_package(make(), made)
    weights = made / WEIGHTS_FILE
    if form != "safetensors":
        weights = write_torch(make(), tmp_path / "net.pth", is_wrapped=form == "wrapped")
    words = ["pack", "--config", made / MODEL_FILE, "--weights", weights, "--out", again]
    assert run(*words, "--picture", picture) == 0
    assert f"Package: {again}" in capsys.readouterr().out
    for name in (MODEL_FILE, WEIGHTS_FILE):
        assert (again / name).read_bytes() == (made / name).read_bytes()
    assert sorted(path.name for path in again.parent.iterdir()) == ["again"]


@pytest.mark.detectron2
@needs_detectron2
@pytest.mark.parametrize("form", ["pth", "safetensors"])
def test_a_network_of_detectron2_is_packed_with_its_label_map(
    tmp_path: Path, picture: str, form: str
) -> None:
    package = make_detectron2_package()
    card = replace(package.card, score_threshold=0.02)
    save_package(ModelPackage(card, package.weights, package.config), tmp_path / "made")
    (tmp_path / "map.json").write_text('{"item": "container", "container": "item"}')
    words = ["pack", "--config", tmp_path / "made" / CONFIG_FILE, "--label-map"]
    words += [tmp_path / "map.json", "--input", "96x64", "--threshold", "0.02", "--name", "turned"]
    weights = tmp_path / "made" / WEIGHTS_FILE
    if form == "pth":
        weights = write_torch(package, tmp_path / "net.pth", is_wrapped=True)
    words += ["--weights", weights]
    assert run(*words, "--out", tmp_path / "packed", "--picture", picture) == 0

    image = Rectangles(1)[0][0]
    (made,), (packed,) = (
        load_detector(str(tmp_path / name), "cpu").detect([image]) for name in ("made", "packed")
    )
    assert len(made) > 0
    np.testing.assert_array_equal(packed.xyxy_px, made.xyxy_px)
    np.testing.assert_array_equal(packed.labels, 1 - made.labels)
    assert json.loads((tmp_path / "packed" / MODEL_FILE).read_text())["name"] == "turned"


@pytest.mark.detectron2
@needs_detectron2
@pytest.mark.parametrize(
    ("label_map", "message"),
    [
        ('{"a": "item"}', "map.json: has 1 classes, and the network of"),
        ('{"a": "item", "b": "thing"}', "map.json: b is thing"),
        (None, "coco.json: has 80 classes, and the network of"),
    ],
)
def test_a_label_map_that_does_not_fit_is_one_sentence(
    tmp_path: Path,
    picture: str,
    label_map: str | None,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    save_package(make_detectron2_package(), tmp_path / "made")
    words = ["pack", "--config", tmp_path / "made" / CONFIG_FILE, "--out", tmp_path / "packed"]
    words += ["--weights", tmp_path / "net.pth", "--picture", picture]
    if label_map is not None:
        (tmp_path / "map.json").write_text(label_map)
        words += ["--label-map", tmp_path / "map.json"]
    assert run(*words) == 1
    assert message in " ".join(capsys.readouterr().err.split())


def test_what_is_said_of_the_card_takes_the_place_of_what_the_file_says(
    tmp_path: Path, picture: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save_package(make_package(), tmp_path / "made")
    words = ["pack", "--config", tmp_path / "made" / MODEL_FILE, "--out", tmp_path / "packed"]
    words += ["--weights", tmp_path / "made" / WEIGHTS_FILE, "--picture", picture]
    words += ["--name", "bench", "--model-version", "3", "--threshold", "0.25"]
    assert run(*words, "--input", "160x112") == 0
    told = capsys.readouterr().out
    assert "bench@3: torchvision-faster-rcnn, fed 160x112, threshold 0.25" in told


@OURS
def test_a_package_is_verified_by_loading_it_and_showing_it_a_picture(
    tmp_path: Path, make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    package = make()
    save_package(package, tmp_path)
    assert run("pack", "--verify", tmp_path) == 0
    told = capsys.readouterr().out
    assert package.card.full_name in told
    assert ("512 values" in told) == (make is embedder)


def test_a_damaged_package_is_found_out(
    tmp_path: Path, picture: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save_package(make_package(), tmp_path / "made")
    (tmp_path / "made" / WEIGHTS_FILE).write_bytes(b"")
    assert run("pack", "--verify", tmp_path / "made", "--picture", picture) == 1
    assert "its SHA-256 is not weights_sha256" in capsys.readouterr().err


class Harmful:
    def __reduce__(self) -> tuple[object, ...]:
        return Path("harm").touch, ()


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: torch.save({"a": Harmful()}, path), "holds more than weights"),
        (lambda path: torch.save([1, 2], path), "holds no weights by name"),
        (lambda path: torch.save({"a": 7}, path), "'a' is no weight"),
        (lambda path: path.write_bytes(b"no weights"), "holds more than weights, or none"),
        (lambda _: None, "cannot be read"),
        (lambda path: torch.save({"a": torch.ones(2)}, path), "does not fit the architecture"),
    ],
)
def test_weights_that_are_none_are_refused_and_nothing_is_left_behind(
    tmp_path: Path,
    picture: str,
    write: Callable[[Path], object],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    save_package(make_package(), tmp_path / "made")
    write(tmp_path / "net.pth")
    words = ["pack", "--config", tmp_path / "made" / MODEL_FILE, "--picture", picture]
    assert run(*words, "--weights", tmp_path / "net.pth", "--out", tmp_path / "packed") == 1
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "harm").exists()
    assert not {path.name for path in tmp_path.iterdir()} & {"packed", ".packed.partial"}


def test_a_broken_safetensors_file_is_refused_by_its_name(
    tmp_path: Path, picture: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save_package(make_package(), tmp_path / "made")
    data = safetensors.torch.save({"a": torch.ones(2)})
    (tmp_path / "net.safetensors").write_bytes(data[:-1])
    words = ["pack", "--config", tmp_path / "made" / MODEL_FILE, "--picture", picture]
    assert run(*words, "--weights", tmp_path / "net.safetensors", "--out", tmp_path / "p") == 1
    assert "net.safetensors: not a safetensors file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("", "a package takes --config, --weights and --out"),
        ("missing.json", "missing.json: cannot be read"),
        ("list.json", "list.json: not a JSON object"),
        ("few.json", "few.json: field input_size is missing"),
    ],
)
def test_a_configuration_that_is_none_is_one_sentence(
    tmp_path: Path, picture: str, config: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "few.json").write_text('{"name": "few"}')
    words = ["pack", "--weights", "net.pth", "--out", tmp_path / "packed", "--picture", picture]
    assert run(*words, "--config", tmp_path / config if config else "") == 1
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_folder_that_holds_something_is_left_alone(
    tmp_path: Path, picture: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["pack", "--config", "a.json", "--weights", "a.pth", "--out", tmp_path]
    assert run(*words, "--picture", picture) == 1
    assert "is there already" in capsys.readouterr().err
