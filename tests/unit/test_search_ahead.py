"""Passages are encoded while others are split and written, each once, and nothing of it is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from assistant.power.plan import Plan
from assistant.search.work import Work
from tests.fakes.encoder import FakeEncoder, FakeEncoderSource
from tests.unit.indexed import SECONDS, Indexed, encode_some

NOTES = 40  # more than two batches


@pytest.fixture
def hush() -> Iterator[Indexed]:
    """Notes that nobody has indexed, and an encoder that waits until it may."""
    with Indexed() as made:
        for number in range(NOTES):
            made.note(f"Lamp {number} of the island.", f"Lamp {number}")
        encoder_of(made).gate.clear()
        yield made
        encoder_of(made).gate.set()


@pytest.fixture
def work(hush: Indexed) -> Iterator[Work]:
    """The work of an indexer, on this thread, with all notes split."""
    made = Work(hush.vault, hush.source, writes=True)
    while made.split_some():
        pass
    yield made
    made.close()


def encoder_of(hush: Indexed) -> FakeEncoder:
    """What encodes."""
    assert isinstance(hush.source, FakeEncoderSource)
    return hush.source.encoder


def encoded(work: Work) -> int:
    """How many passages have a vector."""
    return work.status(Plan(), None).encoded


def test_splitting_waits_for_no_encoding(hush: Indexed, work: Work) -> None:
    """Words are found at once, however long vectors take."""
    work.encode_ahead()
    hush.note("Written meanwhile.", "New")
    work.encode_ahead()
    assert work.split_some()
    status = work.status(Plan(), None)
    assert (status.passages, status.encoded) == (NOTES + 1, 0)


def test_each_passage_is_encoded_once(hush: Indexed, work: Work) -> None:
    """What is under way is not begun again, however often it is asked for."""
    for _ in range(3):
        work.encode_ahead()
    encoder_of(hush).gate.set()
    while encode_some(work):
        pass
    texts = encoder_of(hush).encoded
    assert (len(texts), len(set(texts)), encoded(work)) == (NOTES, NOTES, NOTES)


def test_what_was_begun_is_kept_and_nothing_more_begins(hush: Indexed, work: Work) -> None:
    """So the governor is obeyed within two batches."""
    work.encode_ahead()
    encoder_of(hush).gate.set()
    while work.encode_rest():
        pass
    assert 0 < encoded(work) == len(encoder_of(hush).encoded) < NOTES


def test_a_note_that_goes_meanwhile_stays_gone(hush: Indexed, work: Work) -> None:
    """Its vector is dropped, and the others' are kept."""
    work.encode_ahead()
    hush.sql("DELETE FROM note WHERE title = ?", f"Lamp {NOTES - 1}")
    assert work.forget_gone()
    encoder_of(hush).gate.set()
    while encode_some(work):
        pass
    status = work.status(Plan(), None)
    assert (status.passages, status.encoded) == (NOTES - 1, NOTES - 1)


def test_another_model_chosen_meanwhile(hush: Indexed, work: Work) -> None:
    """What the first still computes is for the edition that serves, until the other's is built."""
    work.encode_ahead()
    other = FakeEncoderSource(FakeEncoder("other"))
    work.choose(other)
    encoder_of(hush).gate.set()
    while work.split_some() or encode_some(work) or work.promote():
        pass
    assert work.serving is not None
    assert work.serving.encoder is not None
    assert (work.serving.encoder.key, encoded(work)) == ("other", NOTES)
    assert len(other.encoder.encoded) == NOTES


def test_a_model_that_fails_meanwhile_leaves_words(hush: Indexed, work: Work) -> None:
    """Both batches under way fail, and nothing is begun again."""
    work.encode_ahead()
    encoder_of(hush).close()
    encoder_of(hush).gate.set()
    while encode_some(work):
        pass
    status = work.status(Plan(), None)
    assert (status.passages, status.encoded) == (NOTES, 0)
    assert encoder_of(hush).encoded == []


def test_closing_waits_for_no_encoding(hush: Indexed, work: Work) -> None:
    """A window that closes is gone at once."""
    work.encode_ahead()
    closed = threading.Thread(target=work.close)
    closed.start()
    closed.join(SECONDS)
    assert not closed.is_alive()


@pytest.mark.parametrize("allowed", [True, False])
def test_the_indexer_obeys_the_plan(hush: Indexed, allowed: bool) -> None:
    """Without leave, words alone are indexed."""
    encoder_of(hush).gate.set()
    hush.plan = Plan(background_allowed=allowed)
    hush.run()
    status = hush.indexer.status
    assert (status.passages, status.encoded) == (NOTES, NOTES if allowed else 0)
