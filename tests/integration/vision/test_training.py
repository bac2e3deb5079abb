from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from sorter.errors import InvalidInputError
from tests.integration.vision.toys import Discs, make_lesson, make_settings
from vision.embedder import crop_tensor, squared_rgb
from vision.load import load_detector, load_embedder
from vision.networks import build_embedder
from vision.package import Weights
from vision.training.embedder import NO_FAMILY, EmbedderLesson, embedder_card
from vision.training.loop import Scores, batch_indices, learning_rate, train
from vision.training.prepared import PreparedCrops, SmallCrops, prepare
from vision.weights import weights_of


class KilledError(Exception):
    """Stands for a process that dies."""


def trained(folder: Path, steps: int, save_every: int = 1000, die_at: int = 0) -> Weights:
    lesson = make_lesson(folder)

    def report(step: int, losses: Scores) -> None:
        if step == die_at:
            raise KilledError

    train(lesson, make_settings(steps, save_every), folder, report)
    return weights_of(lesson.network)


def test_a_few_steps_lower_the_loss_and_leave_a_package_and_curves(tmp_path: Path) -> None:
    losses: list[float] = []
    lesson = make_lesson(tmp_path)
    progress = train(lesson, make_settings(24), tmp_path, lambda _, now: losses.append(now["loss"]))
    assert progress.step == len(losses) == 24
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    assert load_detector(str(tmp_path / "package")).version == "sorterbot-detector@1"
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    history = json.loads((tmp_path / "history.json").read_text())["history"]
    assert history[0]["step"] == 24
    assert {"loss", "ap50", "ap50_95"} <= history[0].keys()


def test_a_run_that_was_killed_and_resumed_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole", steps=9, save_every=4)
    with pytest.raises(KilledError):
        trained(tmp_path / "killed", steps=9, save_every=4, die_at=6)
    resumed = trained(tmp_path / "killed", steps=9, save_every=4)
    assert whole.keys() == resumed.keys()
    for name, weight in whole.items():
        np.testing.assert_array_equal(weight, resumed[name], err_msg=name)


def test_resuming_under_other_settings_is_refused_by_their_name(tmp_path: Path) -> None:
    trained(tmp_path, steps=2, save_every=2)
    with pytest.raises(InvalidInputError, match="begun with steps 2, not 3"):
        trained(tmp_path, steps=3, save_every=2)


def test_a_damaged_checkpoint_is_refused_by_its_file(tmp_path: Path) -> None:
    trained(tmp_path, steps=2, save_every=2)
    (tmp_path / "checkpoint.safetensors").write_bytes(b"\x80\x04 no tensors")
    with pytest.raises(InvalidInputError, match=r"checkpoint\.safetensors: not a checkpoint"):
        trained(tmp_path, steps=2, save_every=2)


def test_every_epoch_shows_each_example_once_in_an_order_of_its_own() -> None:
    shown = np.concatenate([batch_indices(10, 5, 0, step) for step in range(4)])
    assert sorted(shown[:10]) == sorted(shown[10:]) == list(range(10))
    assert shown[:10].tolist() != shown[10:].tolist()


def test_batches_run_over_the_end_of_an_epoch() -> None:
    shown = np.concatenate([batch_indices(3, 4, 0, step) for step in range(3)])
    assert all(sorted(shown[start : start + 3]) == [0, 1, 2] for start in range(0, 12, 3))


def test_the_learning_rate_rises_then_falls() -> None:
    settings = make_settings(20)
    rates = [learning_rate(settings, step) for step in range(20)]
    assert max(rates) == rates[2] == rates[3] == settings.learning_rate
    assert rates[0] < rates[1] < rates[2]
    assert all(a > b for a, b in pairwise(rates[3:]))
    assert rates[-1] < 0.05 * settings.learning_rate


def test_a_net_that_goes_on_learning_sees_each_kind_and_family_where_it_saw_them(
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    start = weights_of(build_embedder())
    card = embedder_card("1", Discs(1).kinds, 32, {"how": "a test"})
    crops, families = Discs(12), np.array([0, NO_FAMILY, 1])
    lesson = EmbedderLesson(
        card, crops, crops, tmp_path, torch.device("cpu"), families=families, start=start
    )
    kinds = np.array([crops[index][1] for index in range(12)])
    batch = torch.stack([crop_tensor(squared_rgb(crops[index][0], 32)) for index in range(12)])
    with torch.inference_mode():
        by_kind, by_family = lesson.network.eval()(batch)
    assert (by_kind.argmax(dim=1).numpy() == kinds).mean() > 0.7
    in_one = families[kinds] != NO_FAMILY
    assert (by_family.argmax(dim=1).numpy() == families[kinds])[in_one].mean() > 0.7
    losses = lesson.loss(np.arange(12), np.random.default_rng(0))
    assert losses.keys() == {"loss_kind", "loss_family"}
    lesson = EmbedderLesson(card, crops, crops, tmp_path, torch.device("cpu"))
    assert lesson.loss(np.arange(4), np.random.default_rng(0)).keys() == {"loss_kind"}


def test_an_embedder_learns_to_put_alike_crops_together(tmp_path: Path) -> None:
    def crops(n: int, seed: int) -> PreparedCrops:
        small = SmallCrops(Discs(n, seed), 40)
        return PreparedCrops(prepare(small, f"{seed}", tmp_path / f"{seed}"), Discs(1).kinds)

    torch.manual_seed(0)
    card = embedder_card("1", Discs(1).kinds, 32, {"how": "a test"})
    lesson = EmbedderLesson(card, crops(30, 0), crops(30, 1), tmp_path / "p", torch.device("cpu"))
    progress = train(lesson, make_settings(12), tmp_path, lambda *_: None)
    assert progress.best is not None
    assert progress.best > 0.95
    assert load_embedder(str(tmp_path / "p")).embed([Discs(1)[0][0]]).shape == (1, 512)
