"""Whatever is sent to the whole of SorterBot: it is answered, nobody dies of it, nothing leaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from api.pictures import look_at_picture
from cli.faults.scenario import Needs
from cli.faults.site import Site
from sorter.errors import InvalidInputError
from sorter.types import Arm
from storage.records import ImageRecord, ImageState
from tests.picture_corpus import CORPUS, MAX_BYTES, MAX_PIXELS, TAKEN

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

ARM_ID = "HOSTILE"
N_ROUNDS = 3
ENDS_WITHIN_S = 120.0
GROWTH_BYTES = 40_000_000
"""Caches of allocators settle within it; the corpus' bombs would take gigabytes."""

PEAK_BYTES = 700_000_000

PIXELS = re.compile(r"\\xff\\xd8|JFIF|IHDR|IDAT|\\u00ff\\u00d8|/9j/4AAQ|iVBORw0KGgo")
"""How the first bytes of pictures would stand in a log: escaped, as they are, in base 64."""


Answers = dict[str, tuple[str, httpx.Response]]
"""By a picture's name: the session that it was sent to, and what came back."""


def size_of(data: bytes) -> str:
    """Return a picture's size, or that it is none: a session is of pictures of one size."""
    try:
        return str(look_at_picture(data, max_pixels=MAX_PIXELS))
    except InvalidInputError:
        return "none"


class Sender:
    """One arm and its key, and a client without patience."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.key = site.make_key(ARM_ID)
        site.store.save_arm(Arm(ARM_ID))
        headers = {"Authorization": f"Bearer {self.key}"}
        self.client = httpx.Client(base_url=site.gateway_url, headers=headers, timeout=60)

    @property
    def secret(self) -> str:
        return self.key.split("_", 2)[2]

    def open_session(self) -> str:
        opened = self.client.post("/sessions", json={"arm_id": ARM_ID})
        assert opened.status_code == 201, opened.text
        session_id: str = opened.json()["session_id"]
        return session_id

    def send_corpus(self) -> dict[str, tuple[str, httpx.Response]]:
        """Send every odd picture, each size into a session of its own, and complete those."""
        sessions: dict[str, str] = {}
        answers = {}
        for number, (name, odd) in enumerate(CORPUS.items()):
            data = odd.make()
            size = size_of(data)
            session_id = sessions.get(size) or self.open_session()
            sessions[size] = session_id
            path = f"/sessions/{session_id}/images/{800 + 5 * number}"
            answers[name] = session_id, self.client.post(path, content=data)
        for session_id in sessions.values():
            assert self.client.post(f"/sessions/{session_id}/complete").status_code == 200
        return answers

    def await_ends(self, answers: Answers) -> None:
        for session_id in {session_id for session_id, _ in answers.values()}:
            for _ in range(int(ENDS_WITHIN_S / 5)):
                self.client.get(f"/sessions/{session_id}/commands?wait=5")
                if self.site.store.load_session(session_id).state.is_final:
                    break
            assert self.site.store.load_session(session_id).state.is_final


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    limits = (
        ("SORTERBOT_MAX_IMAGE_BYTES", str(MAX_BYTES)),
        ("SORTERBOT_MAX_IMAGE_PIXELS", str(MAX_PIXELS)),
    )
    folder = tmp_path_factory.mktemp("hostile")
    with Site(folder, Needs(environment=limits), announce=lambda _: None) as site:
        yield site


@pytest.fixture(scope="module")
def sender(site: Site) -> Iterator[Sender]:
    sender = Sender(site)
    with sender.client:
        yield sender


def pids(site: Site) -> dict[str, list[int]]:
    names = ("gateway", "gpu-worker", "sort-worker")
    return {name: [site.pid(name), *sorted(site.child_pids(name))] for name in names}


def images_by_name(site: Site, answers: Answers) -> dict[str, ImageRecord]:
    images = {
        image.image_id: image
        for session_id in {session_id for session_id, _ in answers.values()}
        for image in site.store.load_images(session_id)
    }
    taken = {name: answer for name, (_, answer) in answers.items() if answer.status_code == 202}
    assert len(taken) == len(images)
    return {name: images[answer.json()["image_id"]] for name, answer in taken.items()}


def test_odd_pictures_are_read_or_failed_with_a_reason_and_nobody_dies(
    site: Site, sender: Sender
) -> None:
    before = pids(site)
    answers = sender.send_corpus()
    sender.await_ends(answers)
    images = images_by_name(site, answers)
    assert set(images) == {name for name, odd in CORPUS.items() if odd.verdict == TAKEN}
    for name, image in images.items():
        if CORPUS[name].is_readable:
            assert image.state is ImageState.DETECTED, name
        else:
            assert image.state is ImageState.FAILED, name
            assert image.failure
            assert image.attempt == 1, "what cannot be read is not tried again"
    for name, odd in CORPUS.items():
        if odd.verdict != TAKEN:
            assert answers[name][1].json()["type"].endswith(odd.verdict), name
    assert pids(site) == before


def test_memory_does_not_grow_with_what_is_sent(site: Site, sender: Sender) -> None:
    sender.await_ends(sender.send_corpus())
    processes = {
        name: psutil.Process(numbers[-1])
        for name, numbers in pids(site).items()
        if name != "sort-worker"
    }
    before = {name: process.memory_info().rss for name, process in processes.items()}
    for _ in range(N_ROUNDS):
        sender.await_ends(sender.send_corpus())
    for name, process in processes.items():
        grown = process.memory_info().rss - before[name]
        assert grown < GROWTH_BYTES, (
            f"{name} grew by {grown / 1e6:.0f} MB of {before[name] / 1e6:.0f}"
        )
        assert _peak_bytes(process.pid) < PEAK_BYTES


def _peak_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


BROKEN_BODIES = [b"", b"{", b"[]", b'{"arm_id": NaN}', b"[" * 100_000, b"\xff\xfe", b'{"a":1}' * 9]


def test_logs_hold_neither_keys_nor_pixels_whatever_went_wrong(site: Site, sender: Sender) -> None:
    answers = sender.send_corpus()
    sender.await_ends(answers)
    session_id = sender.open_session()
    for body in BROKEN_BODIES:
        headers = {"Content-Type": "application/json"}
        answer = sender.client.post("/sessions", content=body, headers=headers)
        assert answer.status_code in {415, 422}, answer.text
        _check_says_nothing(answer.text, sender)
    for header in (f"Bearer {sender.key}x", f"Basic {sender.key}", f"Bearer sb_{sender.secret}"):
        answer = sender.client.get(f"/sessions/{session_id}", headers={"Authorization": header})
        assert answer.status_code == 401
        _check_says_nothing(answer.text, sender)
    for _, answer in answers.values():
        _check_says_nothing(answer.text, sender)
    texts = {file.name: file.read_text(errors="replace") for file in site.stack.logs.iterdir()}
    assert {"gateway.log", "gpu-worker.log", "sort-worker.log"} <= set(texts)
    assert session_id in texts["gateway.log"], "these are the logs of this run"
    for text in texts.values():
        _check_says_nothing(text, sender)


def test_neither_database_nor_broker_can_tell_a_key(site: Site, sender: Sender) -> None:
    rows = site.query("SELECT * FROM api_keys")
    assert rows
    _check_says_nothing(repr(rows), sender)
    for database in (0, 1):
        with site.redis_client(database) as redis:
            held = b" ".join(redis.dump(key) or b"" for key in redis.scan_iter())
            assert sender.secret.encode() not in held


def _check_says_nothing(text: str, sender: Sender) -> None:
    assert sender.secret not in text
    found = PIXELS.search(text)
    assert found is None, text[max(0, found.start() - 200) : found.end() + 50]
