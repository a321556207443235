"""The index follows notes and chats: at once, in step, through kills, pauses and other models."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.errors import EncoderDamaged, EncoderError, EncoderRefused, VaultLocked
from assistant.events import IndexChanged
from assistant.power.plan import Plan
from assistant.search.passages import plain_spans, split
from assistant.search.records import IndexState
from assistant.store import conversation_rows, edition_rows, message_rows, search_rows
from assistant.store.edition_rows import EditionState
from assistant.store.passage_rows import is_waiting, put, waiting
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from tests.fakes.encoder import FakeEncoder, FakeEncoderSource
from tests.trials.children import Child
from tests.trials.vaults import KEY
from tests.unit.indexed import RESTING, SECONDS, Indexed, faults, put_note

LONG = "\n\n".join(f"Paragraph {number} about lamps and keepers. " * 12 for number in range(8))


def rows(connection: Connection) -> list[tuple[object, ...]]:
    """What is indexed, without ids."""
    return connection.execute(
        "SELECT p.note_id, p.message_id, p.seq, p.start, p.length, p.context, p.text, p.hash,"
        " v.code FROM passage p LEFT JOIN vector v ON v.id = p.vector_id ORDER BY 1, 2, 3"
    ).fetchall()


def ids(connection: Connection) -> set[int]:
    """Of all passages."""
    return {row[0] for row in connection.execute("SELECT id FROM passage")}


def test_notes_and_finished_messages_are_indexed() -> None:
    """All of them; what is still being written waits, and so does what is deleted."""
    with Indexed() as hush:
        hush.note("# Bread\n\nFlour and water.", "Bread")
        hush.note(LONG, "Long")
        room, _ = hush.chat("Which lamp?", "The green one.")
        gone, _ = hush.chat("Forget this question.")
        hush.vault.write(lambda c: conversation_rows.mark_deleted(c, gone, 5)).result()
        answer = hush.vault.write(
            lambda c: message_rows.add_answer(
                c, room, message_rows.add_question(c, room, None, "And now?", 9).id, 9
            )
        ).result()
        hush.run()
        assert hush.find("forget question").hits == ()
        assert hush.first("green").conversation_id == room
        assert hush.indexer.status.state is IndexState.READY
        assert [
            one.owner_id for one in hush.vault.read(lambda c: waiting(c, 9, 999)).result()
        ] == []
        hush.vault.write(lambda c: message_rows.append_chunk(c, answer.id, 0, "Nothing")).result()
        hush.vault.write(lambda c: message_rows.interrupt_leftovers(c)).result()
        assert hush.run().first("nothing").owner_id == answer.id
        hush.vault.write(lambda c: conversation_rows.restore(c, gone)).result()
        assert hush.run().first("forget").conversation_id == gone
        assert hush.vault.write(faults).result() == []


def test_unchanged_passages_keep_their_rows_and_are_not_encoded_again() -> None:
    """A change in the middle of a note costs what the change is."""
    with Indexed(FakeEncoderSource(FakeEncoder(max_tokens=60))) as hush:
        note = hush.note(LONG, "Long")
        hush.run()
        before = hush.vault.read(ids).result()
        encoder = hush.source.open()
        assert isinstance(encoder, FakeEncoder)
        encoder.encoded.clear()
        hush.change(note, "A new beginning.\n\n" + LONG)
        hush.run()
        after = hush.vault.read(ids).result()
        assert len(before - after) <= 2
        assert len(encoder.encoded) <= 3
        assert hush.vault.write(faults).result() == []


def test_same_text_is_encoded_once() -> None:
    """The hash decides what is computed, not how many passages there are."""
    with Indexed() as hush:
        for _ in range(5):
            hush.note("The very same words.", "Same")
        hush.run()
        encoder = hush.source.open()
        assert isinstance(encoder, FakeEncoder)
        assert len(encoder.encoded) == 1
        assert hush.sql("SELECT count(*) FROM vector") == [(1,)]
        hush.sql("DELETE FROM note WHERE id < 5")
        assert hush.sql("SELECT count(*) FROM vector") == [(1,)]
        hush.sql("DELETE FROM note")
        assert hush.sql("SELECT count(*) FROM vector") == [(0,)]


def test_deleted_for_good_leaves_memory_too() -> None:
    """Rows by the database's own triggers, vectors in memory at the next turn."""
    with Indexed() as hush:
        hush.note("A secret about the canary.", "Secret")
        kept = hush.note("Bread and water.", "Bread")
        hush.run()
        hush.sql("DELETE FROM note WHERE id <> ?", kept)
        hush.run()
        lane = hush.indexer.serving
        assert lane is not None
        assert lane.vectors is not None
        assert (len(lane.vectors), len(lane.lengths)) == (1, 1)
        assert hush.find("canary").hits == ()
        assert hush.vault.write(faults).result() == []


def test_resting_governor_holds_meaning_but_not_words() -> None:
    """Within a second of its word, and goes on by itself when it allows."""
    with Indexed(plan=RESTING) as hush:
        hush.note("Bread and water.", "Bread")
        hush.run()
        assert hush.indexer.status.state is IndexState.PAUSED
        assert hush.indexer.status.reason == RESTING.words
        found = hush.find("bread")
        assert [hit.title for hit in found.hits] == ["Bread"]
        assert found.hits[0].similarity is None
        assert not found.by_meaning
        hush.plan = Plan()
        hush.run()
        assert hush.indexer.status.state is IndexState.READY
        assert hush.find("bread").by_meaning


class WatchedEncoder(FakeEncoder):
    """A model that tells when it begins to work."""

    def __init__(self) -> None:
        super().__init__(max_tokens=30)
        self.began = threading.Event()

    def encode(
        self, texts: Sequence[str], *, query: bool = False, threads: int = 1
    ) -> NDArray[np.float32]:
        self.began.set()
        return super().encode(texts, query=query, threads=threads)


def test_encoding_ends_soon_after_the_governor_says_so() -> None:
    """Between two small batches."""
    encoder = WatchedEncoder()
    with Indexed(FakeEncoderSource(encoder)) as hush:
        hush.note("\n\n".join(f"Unlike {n} " + f"w{n} " * 25 for n in range(200)), "Many")
        encoder.gate.clear()
        hush.indexer.start()
        hush.started = True
        assert encoder.began.wait(SECONDS)
        hush.plan = RESTING
        encoder.gate.set()
        hush.run()
        assert 0 < len(encoder.encoded) <= 16
        hush.plan = Plan()
        hush.run()
        assert hush.vault.write(faults).result() == []


def test_words_are_found_while_the_model_is_prepared() -> None:
    """It is exported on a thread of its own; the status says what is going on."""
    source = FakeEncoderSource(prepared=False)
    source.gate.clear()
    with Indexed(source) as hush:
        hush.note("Bread and water.", "Bread")
        hush.indexer.start()
        hush.started = True
        while hush.indexer.status.state is not IndexState.PREPARING:
            hush.events.get(timeout=SECONDS)
        assert [hit.title for hit in hush.find("bread").hits] == ["Bread"]
        source.gate.set()
        assert hush.indexer.settled(SECONDS)
        assert hush.indexer.status.state is IndexState.READY
        assert hush.find("bread").by_meaning


def test_nothing_is_exported_while_there_is_nothing_to_find() -> None:
    """An empty vault needs no embedding model; the first note does."""
    source = FakeEncoderSource(prepared=False)
    with Indexed(source) as hush:
        hush.run()
        assert hush.indexer.status.state is IndexState.READY
        assert not source.prepared
        hush.note("Bread and water.", "Bread")
        hush.run()
        assert source.prepared
        assert hush.find("bread").by_meaning


def test_export_waits_for_a_calm_moment() -> None:
    """The window was only just opened; words are found meanwhile."""
    source = FakeEncoderSource(prepared=False)
    with Indexed(source) as hush:
        hush.note("Bread and water.", "Bread")
        hush.indexer.start(calm_seconds=30.0)
        hush.started = True
        while hush.indexer.status.state is not IndexState.PREPARING:
            hush.events.get(timeout=SECONDS)
        assert [hit.title for hit in hush.find("bread").hits] == ["Bread"]
        assert not source.prepared
        hush.elapsed = 31.0
        hush.run()
        assert source.prepared


def test_export_waits_for_the_governor_and_is_given_up_at_its_word() -> None:
    """Half a minute of full load is nothing for a battery."""
    source = FakeEncoderSource(prepared=False)
    source.gate.clear()
    with Indexed(source, plan=RESTING) as hush:
        hush.note("Bread.", "Bread")
        hush.indexer.start()
        hush.started = True
        while hush.indexer.status.state is not IndexState.PAUSED:
            hush.events.get(timeout=SECONDS)
        hush.plan = Plan()
        hush.indexer.wake()
        while hush.indexer.status.state is not IndexState.PREPARING:
            hush.events.get(timeout=SECONDS)
        hush.plan = RESTING
        hush.indexer.wake()
        while hush.indexer.status.state is not IndexState.PAUSED:
            hush.events.get(timeout=SECONDS)
        assert not source.prepared


@pytest.mark.parametrize("error", [EncoderDamaged("Its file is cut short.", "Get it anew.")])
def test_without_a_model_words_are_found_and_the_reason_is_told(error: EncoderDamaged) -> None:
    """A folder that is missing or damaged: search goes on with words and says so."""
    source = FakeEncoderSource(error=error)
    with Indexed(source) as hush:
        hush.note(LONG, "Long")
        hush.run()
        status = hush.indexer.status
        assert (status.state, status.reason) == (IndexState.WORDS_ONLY, error.sentence)
        assert [hit.title for hit in hush.find("lamps").hits] == ["Long"]
        assert hush.search.embed(["anything"]) is None
        assert hush.search.related(1).result(SECONDS) == []


def test_model_that_cannot_be_exported_is_told() -> None:
    """And not tried again and again."""
    source = FakeEncoderSource(prepared=False, prepare_error=EncoderRefused("It does not export."))
    with Indexed(source) as hush:
        hush.note("Bread.", "Bread")
        hush.run()
        assert hush.indexer.status.state is IndexState.WORDS_ONLY
        assert hush.indexer.status.reason == "It does not export."


class FailingEncoder(FakeEncoder):
    """A model that fails as soon as it has to work."""

    def encode(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise EncoderError("The embedding model fails.")


def test_model_that_fails_at_work_leaves_words() -> None:
    """Nothing is lost, and nothing is tried without end."""
    with Indexed(FakeEncoderSource(FailingEncoder())) as hush:
        hush.note("Bread.", "Bread")
        hush.run()
        assert hush.indexer.status.state is IndexState.WORDS_ONLY
        assert hush.titles("bread") == ["Bread"]


def test_another_model_is_built_beside_the_one_that_serves() -> None:
    """Which serves until the new one is done; then nothing of it is left."""
    old, new = FakeEncoder("old"), FakeEncoder("new", max_tokens=60, dimensions=96)
    with Indexed(FakeEncoderSource(old)) as hush:
        hush.note(LONG, "Long")
        hush.note("Bread and water.", "Bread")
        hush.run()
        new.gate.clear()
        hush.indexer.choose(FakeEncoderSource(new))
        while not hush.indexer.status.building:
            hush.events.get(timeout=SECONDS)
        assert hush.indexer.status.encoder == "Fake old"
        found = hush.find("bread")
        assert found.by_meaning
        assert found.hits[0].title == "Bread"
        hush.note("Written meanwhile.", "Between")
        new.gate.set()
        hush.run()
        assert hush.indexer.status.encoder == "Fake new"
        assert hush.indexer.status.building == ""
        assert old.closed
        assert hush.find("written meanwhile").by_meaning
        assert hush.vault.write(faults).result() == []


def test_choosing_back_gives_up_what_was_being_built() -> None:
    """Nothing of it is left, and the one that serves goes on."""
    old, new = FakeEncoderSource(FakeEncoder("old")), FakeEncoder("new")
    with Indexed(old) as hush:
        hush.note("Bread and water.", "Bread")
        hush.run()
        new.gate.clear()
        hush.indexer.choose(FakeEncoderSource(new))
        while not hush.indexer.status.building:
            hush.events.get(timeout=SECONDS)
        hush.indexer.choose(old)
        new.gate.set()
        while hush.indexer.status.building:
            hush.events.get(timeout=SECONDS)
        hush.run()
        assert hush.find("bread").by_meaning
        assert hush.vault.write(faults).result() == []


def test_earlier_model_serves_after_a_restart_until_the_new_one_is_built(tmp_path: Path) -> None:
    """It is found by its key; where it is not there any more, words serve."""
    path = tmp_path / "vault.db"
    old, new = FakeEncoder("old"), FakeEncoder("new")
    with Indexed(FakeEncoderSource(old), Vault.open(path, KEY)) as hush:
        hush.note("Bread and water.", "Bread")
        hush.run()
    new.gate.clear()
    source = FakeEncoderSource(new, earlier=[FakeEncoder("old")])
    with Indexed(source, Vault.open(path, KEY)) as hush:
        hush.indexer.start()
        hush.started = True
        assert hush.find("bread").by_meaning
        new.gate.set()
        hush.run()
        assert hush.indexer.status.encoder == "Fake new"
    with Indexed(FakeEncoderSource(old), Vault.open(path, KEY)) as hush:
        hush.run()
        assert hush.indexer.status.encoder == "Fake old"
        assert hush.vault.write(faults).result() == []


def test_rebuilding_makes_the_same_index_again() -> None:
    """Beside the one that serves: for one who does not trust it any more."""
    with Indexed() as hush:
        hush.note(LONG, "Long")
        hush.run()
        before = hush.vault.read(rows).result()
        hush.sql("UPDATE vector SET code = zeroblob(length(code))")
        hush.indexer.rebuild()
        hush.run()
        assert hush.vault.read(rows).result() == before
        assert hush.vault.write(faults).result() == []


def test_second_start_computes_nothing(tmp_path: Path) -> None:
    """Everything is loaded, nothing is encoded again."""
    path, encoder = tmp_path / "vault.db", FakeEncoder()
    with Indexed(FakeEncoderSource(encoder), Vault.open(path, KEY)) as hush:
        hush.note(LONG, "Long")
        hush.run()
    encoder.encoded.clear()
    with Indexed(FakeEncoderSource(encoder), Vault.open(path, KEY)) as hush:
        hush.run()
        assert encoder.encoded == []
        assert hush.indexer.status.state is IndexState.READY
        assert hush.first("lamps").similarity is not None


def test_read_only_vault_is_searched_and_not_changed(tmp_path: Path) -> None:
    """Beside a Hush that writes; what is not indexed yet is told."""
    path = tmp_path / "vault.db"
    with Indexed(vault=Vault.open(path, KEY)) as hush:
        hush.note("Bread and water.", "Bread")
        hush.run()
        hush.note("New.", "New")
        with Indexed(vault=Vault.open_read_only(path, KEY), writes=False) as beside:
            beside.run()
            assert beside.titles("bread") == ["Bread"]
            assert beside.find("bread").by_meaning
            assert beside.indexer.status.state is IndexState.PAUSED
            assert "hush index update" in beside.indexer.status.reason


def test_read_only_vault_without_an_index_finds_nothing(tmp_path: Path) -> None:
    """And says nothing wrong."""
    path = tmp_path / "vault.db"
    Vault.open(path, KEY).close()
    with Indexed(vault=Vault.open_read_only(path, KEY), writes=False) as hush:
        hush.run()
        assert hush.find("bread").hits == ()


def test_status_is_published_when_it_changes() -> None:
    """Numbers and states only; the last one says that all is there."""
    with Indexed() as hush:
        hush.note("Bread.", "Bread")
        hush.run()
        told = [hush.events.get_nowait() for _ in range(hush.events.qsize())]
        assert all(isinstance(event, IndexChanged) for event in told)
        assert told[-1] == IndexChanged(hush.indexer.status)
        assert (hush.indexer.status.passages, hush.indexer.status.encoded) == (1, 1)


def test_long_note_is_written_in_parts() -> None:
    """No transaction is long: others wait for the store meanwhile. None is half done in the end."""
    encoder = FakeEncoder(max_tokens=16)
    with Indexed(FakeEncoderSource(encoder)) as hush:
        note = hush.note("\n\n".join(f"Line {n} has words of its own." for n in range(1_000)), "L")
        hush.run()
        assert hush.indexer.status.passages > 400
        hush.change(note, "\n\n".join(f"Line {n} has others, too, now." for n in range(300)))
        hush.run()
        assert hush.vault.write(faults).result() == []


def test_note_written_in_part_goes_on_waiting() -> None:
    """So a kill between two parts leaves no gap; doing a part again adds nothing twice."""
    with Indexed() as hush:
        hush.note(LONG, "Long")
        edition = hush.vault.write(
            lambda c: edition_rows.begin(c, "model", EditionState.SERVING)
        ).result()
        (owner,) = hush.vault.read(lambda c: waiting(c, 9, 999)).result()
        pieces = {edition.id: split(LONG, plain_spans, 64, title="Long")}
        written = 0
        for _ in range(100):
            (added,) = hush.vault.write(lambda c: put(c, owner, pieces, 3)).result()
            written += len(added.lengths)
            assert hush.vault.read(is_waiting).result() is not added.is_all
            if added.is_all:
                break
        assert written == len(pieces[edition.id]) > 9
        assert hush.sql("SELECT count(DISTINCT seq), count(*) FROM passage") == [(written, written)]


def test_text_that_changes_between_reading_and_writing_is_read_again() -> None:
    """It waits anew; what was cut from the earlier text is not written."""
    encoder = FakeEncoder()
    with Indexed(FakeEncoderSource(encoder)) as hush:
        note = hush.note("The earlier words.", "Note")
        spans = encoder.spans
        changed = []

        def change_once(text: str) -> list[tuple[int, int]]:
            if not changed and "earlier" in text:
                changed.append(text)
                hush.change(note, "The later words.")
            return spans(text)

        encoder.spans = change_once  # type: ignore[method-assign]
        hush.run()
        assert hush.find("earlier").understood != "earlier"
        assert hush.first("later").snippet.text == "The later words."
        assert hush.vault.write(faults).result() == []


@pytest.mark.parametrize("text", ["\0nul\0", "lone \ud800 surrogate", "\u202e bidi", "a" * 300_000])
def test_hostile_texts_are_indexed(text: str) -> None:
    """As far as they are words; nothing ends the thread."""
    with Indexed() as hush:
        hush.note(text.encode("utf-8", "replace").decode().replace("\0", "\ufffd"), "Odd")
        hush.note("Bread.", "Bread")
        hush.run()
        assert hush.titles("bread")[0] == "Bread"


def filled(path: Path) -> None:
    """A vault with notes that nobody has indexed."""
    with Vault.open(path, KEY) as vault:
        for number in range(12):
            text = LONG.replace("lamps", f"lamps of house {number}")
            vault.write(lambda c, t=text, n=number: put_note(c, t, f"House {n}")).result()


@pytest.mark.parametrize("steps", [1, 9, 17])
def test_killed_at_any_step_it_goes_on_without_gaps_or_duplicates(
    tmp_path: Path, steps: int
) -> None:
    """Kill -9 while indexing, again and again; the result is that of an undisturbed run."""
    path, undisturbed = tmp_path / "killed.db", tmp_path / "calm.db"
    for one in (path, undisturbed):
        filled(one)
    for _ in range(2):
        with Child("tests.unit.index_child", [str(path), "model"]) as child:
            for _ in range(steps):
                if child.hear() in {None, "done"}:
                    break
                child.tell("go on")
            child.kill()
    found = []
    for one in (path, undisturbed):
        encoder = FakeEncoder("model", max_tokens=60)
        with Indexed(FakeEncoderSource(encoder), Vault.open(one, KEY)) as hush:
            hush.run()
            assert hush.vault.write(faults).result() == []
            found.append(hush.vault.read(rows).result())
    assert found[0] == found[1]


@pytest.mark.parametrize("steps", [3, 20])
def test_killed_while_a_new_model_is_built_it_goes_on(tmp_path: Path, steps: int) -> None:
    """The edition beside is gone on with, not begun anew; then the old one leaves."""
    path = tmp_path / "vault.db"
    filled(path)
    with Indexed(FakeEncoderSource(FakeEncoder("first")), Vault.open(path, KEY)) as hush:
        hush.run()
    for _ in range(2):
        with Child("tests.unit.index_child", [str(path), "model"]) as child:
            for _ in range(steps):
                if child.hear() in {None, "done"}:
                    break
                child.tell("go on")
            child.kill()
    encoder = FakeEncoder("model", max_tokens=60)
    with Indexed(FakeEncoderSource(encoder), Vault.open(path, KEY)) as hush:
        hush.run()
        assert hush.indexer.status.encoder == "Fake model"
        assert hush.vault.write(faults).result() == []


def test_word_that_a_scrub_took_away_is_found_when_it_comes_again() -> None:
    """Memory still knows the word; its row has to be written again all the same."""
    with Indexed() as hush:
        gone = hush.note("A secret about the canary.", "Secret")
        hush.run()
        hush.sql("DELETE FROM note WHERE id = ?", gone)
        hush.vault.write(search_rows.index_anew).result()
        hush.run()
        hush.note("Another one about the canary.", "Again")
        hush.run()
        assert hush.sql("SELECT count(*) FROM passage_term WHERE term = 'canary'") == [(1,)]


def test_search_of_a_closed_vault_says_so() -> None:
    """Somebody types while Hush locks."""
    with Indexed() as hush:
        hush.search.close()
        with pytest.raises(VaultLocked):
            hush.search.search("bread")
        hush.search.warm()
