from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cli.faults.ledger import Ledger, Offer, Receipt
from cli.faults.tables import arm_named
from sorter.errors import NotFoundError
from storage.records import SessionState

ARM = arm_named("ARM")


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.note_session("S1", ARM, 60.0)
    return ledger


def test_a_picture_offered_again_is_attempted_once_and_other_bytes_are_another(ledger):
    for sha256 in ("aa", "aa", "bb"):
        ledger.note_offer(Offer("S1", 1000.0, sha256))
    ledger.note_offer(Offer("S1", 1200.0, "aa"))
    assert (ledger.n_attempted, ledger.n_accepted) == (3, 0)


def test_a_picture_accepted_again_counts_once(ledger):
    for _ in range(2):
        ledger.note_receipt(Receipt("S1", 1000.0, "aa", "I1"))
    assert ledger.n_accepted == 1
    assert not ledger.contradictions


def test_another_receipt_for_the_same_position_is_a_contradiction(ledger):
    ledger.note_receipt(Receipt("S1", 1000.0, "aa", "I1"))
    ledger.note_receipt(Receipt("S1", 1000.0, "aa", "I2"))
    assert ledger.n_accepted == 1
    assert len(ledger.contradictions) == 1


def test_a_session_noted_again_keeps_what_was_written_down(ledger):
    ledger.note_receipt(Receipt("S1", 1000.0, "aa", "I1"))
    ledger.note_session("S1", ARM, 60.0)
    assert ledger.n_accepted == 1


def test_a_session_must_end_done_unless_something_else_was_declared(ledger):
    assert ledger.sessions["S1"].ends == {SessionState.DONE}
    ledger.declare_failing("S1", 1000.0)
    assert ledger.sessions["S1"].ends == {SessionState.PARTIAL}
    ledger.declare_ends("S1", SessionState.DONE, SessionState.FAILED)
    assert ledger.sessions["S1"].ends == {SessionState.DONE, SessionState.FAILED}


def test_what_belongs_to_no_session_is_an_error_of_the_scenario(ledger):
    with pytest.raises(NotFoundError, match="no session S2"):
        ledger.note_offer(Offer("S2", 1000.0, "aa"))


def test_many_threads_lose_no_entry(ledger):
    def note(number: int) -> None:
        ledger.note_offer(Offer("S1", float(number), "aa"))
        ledger.note_receipt(Receipt("S1", float(number), "aa", f"I{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(400)))
    assert (ledger.n_attempted, ledger.n_accepted) == (400, 400)
