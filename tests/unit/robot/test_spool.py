from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.client import SessionRequest
from robot.spool import Spool, SpooledSession, write_durably
from sorter.errors import ConflictError, StorageFullError


def make_spool(folder: Path) -> Spool:
    numbers = itertools.count()
    return Spool(folder, lambda: f"key-{next(numbers)}")


@pytest.fixture
def session(tmp_path: Path) -> SpooledSession:
    return make_spool(tmp_path).open_session(SessionRequest("ARM001", expected_images=5))


def again(session: SpooledSession) -> SpooledSession:
    return SpooledSession.load(session.folder)


def test_a_session_is_on_the_disk_from_the_first_moment(tmp_path, session):
    (found,) = make_spool(tmp_path).load_unfinished()
    assert found.idempotency_key == session.idempotency_key == "key-0"
    assert found.request == SessionRequest("ARM001", expected_images=5)
    assert (found.session_id, found.is_complete) == (None, False)


def test_what_became_of_a_session_outlives_the_robot(session):
    session.note_opened("abc")
    session.note_complete()
    assert (again(session).session_id, again(session).is_complete) == ("abc", True)


@given(st.dictionaries(st.floats(0, 20000).map(lambda p: round(p, 3)), st.binary(), max_size=8))
@settings(max_examples=25, deadline=None)
def test_pictures_come_back_whole_and_by_position(pictures):
    with tempfile.TemporaryDirectory() as folder:
        session = make_spool(Path(folder)).open_session(SessionRequest("A"))
        for position_pw, data in pictures.items():
            session.save_picture(position_pw, data)
        waiting = again(session).load_waiting()
        assert [(p.position_pw, p.load()) for p in waiting] == sorted(pictures.items())


def test_a_file_that_a_crash_left_unfinished_is_no_picture(session):
    session.save_picture(1800.0, b"whole")
    (session.folder / "1600.picture.tmp").write_bytes(b"ha")
    assert [p.position_pw for p in session.load_waiting()] == [1800.0]


def test_the_same_picture_may_be_kept_twice_and_another_not(session):
    session.save_picture(1800.0, b"one")
    session.save_picture(1800.0, b"one")
    with pytest.raises(ConflictError, match="1800"):
        session.save_picture(1800.0, b"other")
    assert session.load_waiting()[0].load() == b"one"


def test_a_refused_picture_is_kept_with_its_reason_and_waits_no_more(session):
    session.set_aside(session.save_picture(1800.5, b"bytes"), "not a picture")
    assert session.load_waiting() == []
    session.finish()
    assert (session.folder / "1800.5.refused").read_bytes() == b"bytes"
    assert (session.folder / "1800.5.refused.txt").read_text() == "not a picture"


def test_a_finished_session_is_forgotten(tmp_path, session):
    session.remove(session.save_picture(1800.0, b"one"))
    session.finish()
    assert make_spool(tmp_path).load_unfinished() == []
    assert list(tmp_path.iterdir()) == []


def test_a_session_with_refused_pictures_is_not_taken_up_again(tmp_path, session):
    session.set_aside(session.save_picture(1800.0, b"one"), "no")
    session.finish()
    assert make_spool(tmp_path).load_unfinished() == []


def test_a_disk_that_takes_nothing_leaves_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "file"
    write_durably(path, b"old")
    (tmp_path / "file.tmp").mkdir()
    with pytest.raises(StorageFullError, match="does not take"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
