from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.main import main
from cli.stack_folder import save_connection
from storage.bootstrap import make_store
from storage.records import ImageRecord, ImageState
from storage.sql_store import SqlStore
from tests.factories import (
    make_detections,
    make_image_claim,
    make_plan,
    make_session,
    make_session_claim,
)

pytestmark = pytest.mark.services

Run = Callable[..., tuple[object, str]]


@pytest.fixture
def store(migrated_postgres_url: str) -> Iterator[SqlStore]:
    store = make_store(migrated_postgres_url)
    yield store
    store.close()


@pytest.fixture
def folder(migrated_postgres_url: str, tmp_path: Path) -> Path:
    """The folder of a local stack, as far as those who join it look."""
    pictures = {"SORTERBOT_IMAGE_STORE": "file:///pictures"}
    save_connection(tmp_path, {"SORTERBOT_DATABASE_URL": migrated_postgres_url, **pictures})
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main(["quarantine", *words, f"--folder={folder}"])
        said = capsys.readouterr()
        return ended.value.code, said.out + said.err

    return run


@pytest.fixture
def image(store: SqlStore) -> ImageRecord:
    """A picture in quarantine, whose session is open."""
    session_id = make_session(store, 2).session_id
    image = store.load_images(session_id)[0]
    for worker_id in ("gpu-1", "gpu-2", "gpu-3"):
        store.release_image(make_image_claim(store, image.image_id, worker_id), "it broke")
    store.claim_image(image.image_id, "gpu-4", dead_after_s=5, max_attempts=3)
    return store.load_images(session_id)[0]


def test_an_empty_quarantine_lists_nothing(run: Run) -> None:
    assert run("list", "--json") == (0, "[]\n")


def test_a_picture_is_listed_with_its_whole_id_and_what_was_said_last(
    run: Run, image: ImageRecord
) -> None:
    status, listed = run("list")
    assert status == 0
    assert image.image_id in listed
    assert "it broke" in " ".join(listed.split())
    (document,) = json.loads(run("list", "--json")[1])
    assert document["image_id"] == image.image_id


def test_a_picture_is_shown_with_its_workers_and_the_place_of_its_bytes(
    run: Run, image: ImageRecord
) -> None:
    document = json.loads(run("show", image.image_id, "--json")[1])
    assert document["worker_ids"] == ["gpu-1", "gpu-2", "gpu-3"]
    assert document["attempts"] == 3
    assert document["reason"] == "quarantined after 3 attempts"
    assert document["bytes_at"] == f"file:///pictures/{image.key}"
    shown = run("show", image.image_id)[1]
    for value in ("gpu-1, gpu-2, gpu-3", document["bytes_at"], image.sha256, "it broke", "1640"):
        assert value in shown


def test_a_picture_is_replayed_once(run: Run, store: SqlStore, image: ImageRecord) -> None:
    status, said = run("replay", image.image_id)
    assert (status, image.image_id in said) == (0, True)
    again = store.load_images(image.session_id)[0]
    assert (again.state, again.attempt) == (ImageState.RECEIVED, 0)
    status, said = run("replay", image.image_id)
    assert (status, said.count("\n")) == (1, 1)


def test_why_a_session_that_is_over_takes_nothing_anew_is_said_in_one_sentence(
    run: Run, store: SqlStore, image: ImageRecord
) -> None:
    other = store.load_images(image.session_id)[1]
    store.save_detections(make_image_claim(store, other.image_id), make_detections(), "d@1")
    store.seal_session(image.session_id)
    store.save_plan(make_session_claim(store, image.session_id), make_plan())
    status, said = run("replay", image.image_id)
    assert (status, said.count("\n")) == (1, 1)
    assert "sorted once" in said


def test_a_dropped_picture_is_listed_no_more(run: Run, image: ImageRecord) -> None:
    status, said = run("drop", image.image_id)
    assert (status, image.key in said) == (0, True)
    assert run("list", "--json") == (0, "[]\n")
    for command in ("drop", "show"):
        status, said = run(command, image.image_id)
        assert (status, said.count("\n")) == (1, 1)
