"""What goes wrong with the index is told, and costs no more than it must."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from numpy.typing import NDArray

from assistant.cancel import Cancel
from assistant.embed.protocol import Tokenizer
from assistant.embed.tokens import Tokens
from assistant.errors import (
    EncoderDamaged,
    EncoderError,
    EnvironmentProblem,
    HushError,
    TextUnreadable,
    VaultLocked,
)
from assistant.power.plan import Plan
from assistant.search.encoding import codes_by_hash
from assistant.search.lanes import Lane
from assistant.search.records import IndexState, IndexStatus
from assistant.search.service import SearchService
from assistant.search.work import Work
from assistant.store import edition_rows, passage_rows, vector_rows
from assistant.store.edition_rows import Counts, EditionState
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.store.vector_rows import Pending, Slice
from models.encoders import Reading, starter_encoder
from tests.fakes.encoder import FakeEncoder, FakeEncoderSource
from tests.trials.vaults import KEY
from tests.unit.indexed import SECONDS, Indexed, encode_some, faults

BAD = "unspeakable"


class PanicException(BaseException):
    """What the tokenizers' Rust raises: no ``Exception``."""


class Panicking(FakeEncoder):
    """A model whose library panics over one word, or fails in any other way.

    Args:
        error: What it raises.
        at: Which of ``spans`` and ``encode`` do.
    """

    def __init__(self, error: BaseException, *at: str) -> None:
        super().__init__()
        self.error = error
        self.at = at

    def spans(self, text: str) -> list[tuple[int, int]]:
        if "spans" in self.at and BAD in text:
            raise self.error
        return super().spans(text)

    def encode(self, texts: Sequence[str], *, query: bool = False, threads: int = 1) -> NDArray:  # type: ignore[type-arg] # as the fake's
        if "encode" in self.at and any(BAD in text for text in texts):
            raise self.error
        readable = [text.replace(BAD, "odd") for text in texts]
        return super().encode(readable, query=query, threads=threads)


# A text that nothing can be made of --------------------------------------------------------


@pytest.mark.parametrize("error", [PanicException(), ValueError(), TextUnreadable("No.")])
def test_a_text_that_cannot_be_encoded_keeps_its_words(error: BaseException) -> None:
    """It is counted, the others are found by meaning, and the thread lives."""
    source = FakeEncoderSource(Panicking(error, "encode"))
    with Indexed(source) as hush:
        for number in range(40):
            hush.note(f"Lamp {number} of the island.", f"Lamp {number}")
        bad = hush.note(f"An {BAD} canary.", "Bad")
        hush.run()
        status = hush.indexer.status
        assert (status.state, status.passages, status.encoded) == (IndexState.READY, 41, 40)
        assert (status.unreadable, status.missing) == (1, "")
        found = hush.find("canary ")
        assert [hit.title for hit in found.hits] == ["Bad"]
        assert found.by_meaning
        hush.change(bad, "A canary that can be spoken of.")
        hush.note("Written later.", "Later")
        hush.run()
        assert hush.indexer.status.unreadable == 0
        assert hush.titles("written later ")[0] == "Later"
        assert hush.vault.write(faults).result() == []


@pytest.mark.parametrize("error", [PanicException(), ValueError()])
def test_a_text_that_cannot_be_split_is_split_plainly(error: BaseException) -> None:
    """Nothing of it is lost, and it is encoded all the same."""
    with Indexed(FakeEncoderSource(Panicking(error, "spans"))) as hush:
        hush.note(f"An {BAD} canary.", "Bad")
        hush.note("Bread and water.", "Bread")
        hush.run()
        assert hush.indexer.status.state is IndexState.READY
        assert hush.titles("canary ") == ["Bad"]
        assert hush.titles("bread ")[0] == "Bread"
        assert hush.vault.write(faults).result() == []


def test_a_question_that_cannot_be_read_does_not_end_search_by_meaning() -> None:
    """The next one is searched by meaning again."""
    with Indexed(FakeEncoderSource(Panicking(TextUnreadable("No."), "encode"))) as hush:
        hush.note("Bread and water.", "Bread")
        hush.run()
        assert not hush.find(f"{BAD} bread ").by_meaning
        assert hush.search.embed([BAD]) is None
        assert hush.find("bread ").by_meaning


def test_another_edition_is_built_though_it_lacks_a_text() -> None:
    """What the new model fails at does not keep the old one for ever."""
    with Indexed() as hush:
        hush.note(f"An {BAD} canary.", "Bad")
        hush.note("Bread and water.", "Bread")
        hush.run()
        new = Panicking(ValueError(), "encode")
        new.key, new.name = "new", "New"
        hush.indexer.choose(FakeEncoderSource(new))
        hush.run()
        assert (hush.indexer.status.encoder, hush.indexer.status.building) == ("New", "")
        assert hush.indexer.status.unreadable == 1


PENDING = [Pending(1, b"1", "", f"An {BAD} text.", None), Pending(2, b"2", "", "Bread.", None)]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()])
def test_being_asked_to_end_is_no_bad_text(error: BaseException) -> None:
    """It goes through, from the model and from the tokenizer."""
    with pytest.raises(type(error)):
        codes_by_hash(Panicking(error, "encode"), PENDING)


def test_codes_of_the_texts_that_can_be_encoded() -> None:
    """By their hash."""
    assert set(codes_by_hash(Panicking(PanicException(), "encode"), PENDING)) == {b"2"}
    assert codes_by_hash(FakeEncoder(), []) == {}


class Broken(FakeEncoder):
    """A model that fails at everything.

    Args:
        error: With this.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def encode(self, *_: object, **__: object) -> NDArray:  # type: ignore[type-arg] # as the fake's
        raise self.error


@pytest.mark.parametrize("error", [EncoderDamaged("It is damaged."), PanicException()])
def test_a_model_that_fails_at_everything_is_no_bad_text(error: BaseException) -> None:
    """That is told apart by a text which any model can encode."""
    with pytest.raises(EncoderError):
        codes_by_hash(Broken(error), PENDING)


def test_a_tokenizer_that_fails_at_a_text_says_which_kind_of_error_it_is() -> None:
    """Without a token for what it does not know it reads English alone."""
    data = json.loads(starter_encoder().tokenizer())
    del data["model"]["vocab"]["[UNK]"]
    data["added_tokens"] = [one for one in data["added_tokens"] if one["content"] != "[UNK]"]
    tokens = Tokens(json.dumps(data).encode(), "MiniLM", "key", Reading(256))
    assert len(tokens.spans("a cat")) == 2
    for read in (tokens.spans, tokens.ids):
        with pytest.raises(TextUnreadable) as problem:
            read("\U00013000 and a secret")
        assert problem.value.__cause__ is None  # it might quote the text


# An index that cannot be loaded ------------------------------------------------------------


def test_an_index_that_is_still_being_loaded_is_no_empty_answer() -> None:
    """After its patience search says so; later it finds."""
    with Indexed() as hush:
        hush.note("Bread and water.", "Bread")
        held = threading.Event()
        hush.vault.read(lambda _: held.wait(SECONDS))
        search = SearchService(hush.vaults, hush.indexer, patience=0.05)
        with pytest.raises(EnvironmentProblem, match="still being opened"):
            search.retrieve("bread")
        with pytest.raises(EnvironmentProblem):
            search.search("bread").result(SECONDS)
        held.set()
        hush.run()
        assert [hit.title for hit in search.retrieve("bread")] == ["Bread"]
        search.close()


def test_a_stop_ends_the_wait_for_the_index() -> None:
    """At once: nobody has to sit out the rest of half a minute."""
    with Indexed() as hush:
        held, cancel, ended = threading.Event(), Cancel(), threading.Event()
        hush.vault.read(lambda _: held.wait(SECONDS))

        def ask() -> None:
            with pytest.raises(HushError):
                hush.search.retrieve("bread", cancel=cancel)
            ended.set()

        thread = threading.Thread(target=ask)
        thread.start()
        cancel.ask()
        assert ended.wait(SECONDS / 2)  # the index is held for longer
        assert not hush.indexer.loaded(0.0)
        held.set()
        thread.join(SECONDS)


def test_an_index_that_cannot_be_opened_says_why(caplog: pytest.LogCaptureFixture) -> None:
    """Search does not wait, and finds again once that is mended."""
    with Indexed(started=True) as hush:
        hush.note("Bread and water.", "Bread")
        hush.sql("ALTER TABLE passage_term RENAME TO gone")
        with pytest.raises(EnvironmentProblem, match="were not searched"):
            hush.search.retrieve("bread")
        assert hush.indexer.status.state is IndexState.PAUSED
        hush.sql("ALTER TABLE gone RENAME TO passage_term")
        hush.run()
        assert [hit.title for hit in hush.search.retrieve("bread")] == ["Bread"]
        assert "index.trouble" in caplog.text
        caplog.clear()


class Odd(FakeEncoderSource):
    """A source that fails as nobody thought of, ``times`` often."""

    times = 1

    def tokenizer(self) -> Tokenizer:
        self.times -= 1
        if self.times >= 0:
            raise PanicException
        return super().tokenizer()


def test_what_nobody_thought_of_does_not_end_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    """It is told and logged, and tried again."""
    with Indexed(Odd(), started=True) as hush:
        hush.note("Bread and water.", "Bread")
        with pytest.raises(EnvironmentProblem, match="inside Hush"):
            hush.search.retrieve("bread")
        hush.run()
        assert hush.titles("bread ") == ["Bread"]
        assert "PanicException" in caplog.text
        caplog.clear()


def test_a_closed_vault_is_no_empty_answer() -> None:
    """The worker asks while Hush locks."""
    with Indexed() as hush:
        hush.run()
    with pytest.raises(VaultLocked):
        hush.search.retrieve("bread")


def test_where_nothing_was_ever_indexed(tmp_path: Path) -> None:
    """A vault that is only read: no answer, and how to get one."""
    path = tmp_path / "vault.db"
    with Indexed(vault=Vault.open(path, KEY)) as hush:
        hush.note("Bread and water.", "Bread")
    with Indexed(vault=Vault.open_read_only(path, KEY), writes=False) as hush:
        hush.run()
        assert hush.indexer.status.state is IndexState.PAUSED
        assert "hush index update" in hush.indexer.status.reason
        with pytest.raises(EnvironmentProblem) as problem:
            hush.search.retrieve("bread")
        assert "hush index update" in problem.value.advice


# How far it is ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (IndexStatus(IndexState.READY, 9, 9), ""),
        (IndexStatus(IndexState.READY, 9, 8, unreadable=1), ""),
        (IndexStatus(IndexState.WORKING, 9, 9, building="New", built=0.5), ""),
        (
            IndexStatus(IndexState.WORKING, 9, 9, notes=1_871, notes_left=1_000),
            "1,000 of 1,871 notes are not indexed yet.",
        ),
        (
            IndexStatus(IndexState.WORKING, 0, 0, notes=2, notes_left=1),
            "1 of 2 notes is not indexed yet.",
        ),
        (
            IndexStatus(IndexState.WORKING, 9, 2),
            "7 of 9 passages are found by their words alone so far.",
        ),
        (IndexStatus(IndexState.WORDS_ONLY, 9, 0, reason="No model."), ""),
    ],
)
def test_what_is_missing_in_words(status: IndexStatus, sentence: str) -> None:
    """Counts, and nothing where all of it is found that can be."""
    assert status.missing == sentence


def worked(hush: Indexed, notes: int) -> Work:
    """The work of an indexer, on this thread, with all notes indexed."""
    for number in range(notes):
        hush.note(f"Lamp {number} of the island.", f"Lamp {number}")
    work = Work(hush.vault, hush.source, writes=True)
    while work.split_some() or encode_some(work):
        pass
    return work


def test_what_is_built_beside_says_nothing_of_what_serves() -> None:
    """All notes wait for it, and all are found."""
    with Indexed() as hush:
        work = worked(hush, 40)
        work.rebuild()
        status = work.status(Plan(), None)
        assert (status.notes_left, status.missing) == (0, "")
        assert work.split_some()
        while encode_some(work):
            pass
        status = work.status(Plan(), None)
        assert (status.passages, status.encoded, status.missing) == (40, 40, "")
        assert status.built == pytest.approx(32 / 40)  # not all that was split so far
        assert not work.promote()
        hush.note("Written meanwhile.", "New")
        assert work.status(Plan(), None).missing == "1 of 41 notes is not indexed yet."
        while work.split_some() or encode_some(work):
            pass
        assert work.promote()
        work.close()


def test_what_waits_is_counted() -> None:
    """New and changed notes, none in the trash."""
    with Indexed() as hush:
        work = worked(hush, 3)
        first = hush.note("New.", "New")
        hush.change(1, "Changed.")
        trashed = hush.note("Gone.", "Gone")
        hush.sql("UPDATE note SET deleted_at = 1 WHERE id = ?", trashed)
        assert work.status(Plan(), None).missing == "2 of 4 notes are not indexed yet."
        hush.sql("DELETE FROM note WHERE id = ?", first)
        assert work.status(Plan(), None).missing == "1 of 3 notes is not indexed yet."
        work.close()


# Reading it all -----------------------------------------------------------------------------


def _rows(connection: Connection) -> None:
    """Thirteen passages over five vectors of any bytes, and two without one; another edition."""
    for state in (EditionState.SERVING, EditionState.BUILDING):
        edition = edition_rows.begin(connection, "model", state).id
        for number in range(5):
            connection.execute(
                "INSERT INTO vector (edition_id, hash, code) VALUES (?, ?, ?)",
                (edition, bytes([number]), bytes([0, 255, 128, number])),
            )
        for number in range(15):
            vector = None if number > 12 else number % 5 + 1 + (edition - 1) * 5
            connection.execute(
                "INSERT INTO passage (edition_id, note_id, seq, start, length, vector_id, hash,"
                " context, text) VALUES (?, 1, ?, 0, ?, ?, x'00', '', '')",
                (edition, number, 10 * number, vector),
            )


def slice_after(hush: Indexed, last: tuple[int, int], limit: int) -> Slice:
    """The next one."""
    return hush.vault.read(lambda c: vector_rows.read_slice(c, 1, last, limit)).result()


@pytest.mark.parametrize("limit", [1, 3, 4, 50])
def test_slices_hold_each_passage_once(limit: int) -> None:
    """Wherever they are cut, also between two passages with one vector; codes byte by byte."""
    with Indexed() as hush:
        hush.note("Any.")
        hush.vault.write(_rows).result()
        found, part = [], slice_after(hush, (0, 0), limit)
        while part.codes:
            columns = (part.passages, part.vectors, part.lengths)
            codes = [part.codes[at : at + 4] for at in range(0, len(part.codes), 4)]
            numbers = [map(int, one.split(",")) for one in columns]
            found += list(zip(*numbers, codes, strict=True))
            part = slice_after(hush, part.last, limit)
        assert sorted(found) == [
            (n + 1, n % 5 + 1, 10 * n, bytes([0, 255, 128, n % 5])) for n in range(13)
        ]
        rest = hush.vault.read(lambda c: passage_rows.lengths_without_vector(c, 1)).result()
        assert rest == ("14,15", "130,140")
        edition = hush.vault.read(edition_rows.serving).result()
        assert edition is not None
        lane = Lane(hush.vault, edition, None)
        lane.load()
        assert lane.counts() == Counts(15, 13)
        assert hush.vault.read(lambda c: edition_rows.counts(c, 1)).result() == lane.counts()
