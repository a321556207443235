"""Long notes: what is found out about them does not hold up the store; the outcome is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from assistant.errors import InputRefused, NotFound
from assistant.notes.limits import MAX_NOTE_CHARACTERS
from assistant.notes.records import Note, Saved
from assistant.notes.service import NoteService
from assistant.store import note_rows, revision_rows
from assistant.store.note_text_rows import LONG_BYTES
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.clock import FakeClock

T = TypeVar("T")
LONG = "Some words of a [[Note]] with a #tag, and `code`.\n" * (LONG_BYTES // 50 + 1)


class WatchedVault(Vault):
    """A vault in which something may happen between two steps of a save."""

    between: Callable[[Connection], object] | None = None

    def write(self, work: Callable[[Connection], T], *, patient: bool = False) -> Future[T]:
        """Do that first, once."""
        between, self.between = self.between, None
        if between:
            super().write(between)
        return super().write(work, patient=patient)


@dataclass
class Bench:
    """The service over a vault in memory."""

    vault: WatchedVault = field(default_factory=WatchedVault.in_memory)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.vaults = Vaults(self.vault)
        self.notes = NoteService(self.vaults, self.clock)

    def save(self, note: Note, text: str, title: str | None = None) -> Saved:
        """And wait."""
        return self.notes.save(note.id, text, note.revision, title=title).result(30)

    def versions(self, note: Note) -> list[str]:
        """All earlier texts, the latest first."""
        lines = self.notes.revisions(note.id).result(10)
        return [self.notes.revision_text(note.id, one.revision).result(10) for one in lines]


@pytest.fixture
def bench() -> Iterator[Bench]:
    """In memory."""
    made = Bench()
    yield made
    made.vaults.close()


def test_long_and_short_come_to_the_same(bench: Bench) -> None:
    """Title, tags, links, earlier versions: whichever way they were found out."""
    made = bench.notes.create("# Title\n" + LONG, tags=["own"]).result(30)
    assert made == bench.notes.get(made.id).result(10)
    assert (made.title, made.tags, made.revision) == ("Title", ("own", "tag"), 1)
    bench.clock.advance(600)
    saved = bench.save(made, "# Other\n" + LONG + "[[More]]")
    assert saved == Saved(bench.notes.get(made.id).result(10))
    assert (saved.note.title, saved.note.revision) == ("Other", 2)
    assert set(bench.notes.links(made.id).result(10)) == {"Note", "More"}
    assert bench.versions(made) == [made.text]
    assert bench.save(saved.note, saved.note.text) == saved  # unchanged
    bench.clock.advance(600)
    short = bench.save(saved.note, "Short", "Named").note
    assert (short.text, short.title, short.tags) == ("Short", "Named", ("own",))
    assert bench.versions(made) == [saved.note.text, made.text]
    bench.clock.advance(600)
    assert bench.save(short, LONG).note.title == "Named"
    assert bench.versions(made) == ["Short", saved.note.text, made.text]


def test_many_long_versions_are_kept_and_thinned_as_short_ones(bench: Bench) -> None:
    """The same revisions stay of both, and each can be read."""
    long, short = bench.notes.create(LONG).result(30), bench.notes.create("x").result(10)
    texts: dict[int, str] = {}
    for number in range(14):
        texts[long.revision] = long.text
        bench.clock.advance(700 if number < 7 else 86_400)
        long = bench.save(long, f"{number}\n{LONG}{number}").note
        short = bench.save(short, f"x {number}").note
    lines = bench.notes.revisions(long.id).result(10)
    same = bench.notes.revisions(short.id).result(10)
    assert [one.revision for one in lines] == [one.revision for one in same]
    assert len(lines) < 14
    assert bench.versions(long) == [texts[one.revision] for one in lines]


def test_a_note_that_changes_during_a_save_keeps_both(bench: Bench) -> None:
    """What was found out is found out anew, and nothing is lost."""
    made = bench.notes.create(LONG).result(30)
    bench.vault.between = lambda c: note_rows.save(c, made.id, "other", 1, None, 5)
    saved = bench.save(made, LONG + "mine")
    assert saved.note.text == "other"
    assert saved.other is not None
    assert saved.other.text == LONG + "mine"
    assert saved.other == bench.notes.get(saved.other.id).result(10)


def test_what_is_tagged_or_pinned_meanwhile_is_not_undone(bench: Bench) -> None:
    """It makes no other revision, so the save goes on; what comes back is how it is."""
    made = bench.notes.create(LONG).result(30)
    bench.vault.between = lambda c: note_rows.pin(c, made.id, pinned=True)
    saved = bench.save(made, LONG + "mine").note
    assert saved.pinned
    assert saved == bench.notes.get(made.id).result(10)


def test_refusals_are_the_same(bench: Bench) -> None:
    """Deleted meanwhile, or too long: nothing was saved."""
    made = bench.notes.create("x").result(10)
    with pytest.raises(InputRefused):
        bench.save(made, "x" * (MAX_NOTE_CHARACTERS + 1))
    with pytest.raises(InputRefused):
        bench.notes.create("x" * (MAX_NOTE_CHARACTERS + 1)).result(30)
    with pytest.raises(NotFound):
        bench.notes.save(99, LONG, 1).result(30)
    delete = "DELETE FROM note"
    bench.vault.between = lambda c: c.execute(delete).rowcount
    with pytest.raises(NotFound):
        bench.save(made, LONG)


def test_closing_waits_for_a_save_under_way(bench: Bench) -> None:
    """The window hands over its text and closes at once."""
    made = bench.notes.create(LONG).result(30)
    saving = bench.notes.save(made.id, LONG + "last words", made.revision)
    bench.notes.close()
    assert saving.done()
    assert saving.result().note.text.endswith("last words")


def test_closing_waits_for_what_follows_a_save_under_way(bench: Bench) -> None:
    """With the revision that the first comes to: no other version of it is made."""
    made = bench.notes.create(LONG).result(30)
    assert not bench.notes.is_keeping
    first = bench.notes.save(made.id, LONG + "a", made.revision)
    second = bench.notes.save_behind(first, LONG + "ab", made, title="Named")
    bench.notes.close()
    bench.vaults.close()
    assert second.done()
    saved = second.result()
    assert (saved.note.id, saved.note.title, saved.other) == (made.id, "Named", None)
    assert saved.note.text == LONG + "ab"
    assert not bench.notes.is_keeping


def test_closing_waits_for_a_short_text_of_a_long_note(bench: Bench) -> None:
    """Which is found to be long only on the store's thread."""
    made = bench.notes.create(LONG).result(30)
    saving = bench.notes.save(made.id, "short", made.revision)
    bench.notes.close()
    bench.vaults.close()
    assert saving.result(0).note.text == "short"


def test_a_text_behind_one_whose_saving_fails_is_saved(bench: Bench) -> None:
    """Over the note as it was; as a new one where that is gone, or was never made."""
    made = bench.notes.create("x", tags=["own"]).result(10)
    too_long = "x" * (MAX_NOTE_CHARACTERS + 1)
    refused = bench.notes.save(made.id, too_long, made.revision)
    saved = bench.notes.save_behind(refused, "y", made).result(30).note
    assert (saved.id, saved.text) == (made.id, "y")
    gone = bench.notes.save(99, "x", 1)
    again = bench.notes.save_behind(gone, "z", saved, tags=["own"]).result(30).note
    assert (again.id != made.id, again.text, again.tags) == (True, "z", ("own",))
    unmade = bench.notes.create(too_long)
    new = bench.notes.save_behind(unmade, "new", None, title="Named").result(30).note
    assert (new.text, new.title) == ("new", "Named")
    begun = bench.notes.create("one")
    assert bench.notes.save_behind(begun, "two", None).result(10).note.revision == 2


def test_an_earlier_version_that_cannot_be_read_stops_no_save(bench: Bench) -> None:
    """Those from there on go; the one of now is kept."""
    made = bench.notes.create(LONG).result(30)
    bench.clock.advance(600)
    saved = bench.save(made, LONG + "two").note
    spoil = "UPDATE note_revision SET data = x'00'"
    bench.vault.write(lambda c: c.execute(spoil).rowcount).result(10)
    bench.clock.advance(600)
    assert bench.save(saved, LONG + "three").note.text == LONG + "three"
    assert bench.versions(made) == [LONG + "two"]


def test_only_what_matters_of_earlier_versions_is_read(bench: Bench) -> None:
    """Of those far back not even the data: a note may have 32 MB of them."""
    note = bench.notes.create("x").result(10)
    for number in range(5):
        bench.clock.advance(3600)
        note = bench.save(note, f"x {number}").note
    now = bench.clock.now()
    found = bench.vault.read(lambda c: revision_rows.chain(c, note.id, note.revision, now)).result(
        10
    )
    assert [link.data is not None for link in found] == [True, False, False, False, False]


@pytest.mark.parametrize("length", [LONG, "Short"])
def test_a_save_that_keeps_no_version_reads_none(bench: Bench, length: str) -> None:
    """Every autosave would read and decrypt megabytes of them."""
    note = bench.notes.create(length).result(30)
    bench.clock.advance(3600)
    note = bench.save(note, length + "1").note
    asked: list[str] = []
    bench.vault.read(lambda c: c.set_trace_callback(asked.append)).result(10)
    note = bench.save(note, length + "12").note
    assert not [one for one in asked if " data FROM note_revision" in one]
    bench.clock.advance(3600)
    bench.save(note, length + "123")
    assert [one for one in asked if " data FROM note_revision" in one]
    bench.vault.read(lambda c: c.set_trace_callback(None)).result(10)
    assert bench.versions(note) == [length + "12", length]
