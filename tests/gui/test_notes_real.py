"""The place for notes over the real service, in a real encrypted database in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from assistant.notes.service import NoteService
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.clock import FakeClock
from tests.gui.notes_bench import NotesBench


class RealBench(NotesBench):
    """With the clock that the service goes by."""

    clock: FakeClock


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[RealBench]:
    """The place with two notes in a vault."""
    vaults = Vaults(Vault.in_memory())
    clock = FakeClock()
    service = NoteService(vaults, clock)
    service.create("Lisbon\nBy [[Night train]]. #travel").result()
    service.create("Night train\nTwo berths.").result()
    bench = RealBench(qtbot, service, lambda: vaults.kept.read(lambda _: None).result())
    bench.clock = clock
    yield bench
    bench.close()
    vaults.close()


def text_of(bench: NotesBench, note_id: int) -> str:
    """A note's text, as it is in the vault."""
    return bench.service.get(note_id).result().text


def test_writing_and_leaving(bench: NotesBench) -> None:
    """What is typed is in the vault, in its own note."""
    bench.open(1)
    bench.write("Trip to ")
    bench.open(2)
    assert text_of(bench, 1) == "Trip to Lisbon\nBy [[Night train]]. #travel"
    assert text_of(bench, 2) == "Night train\nTwo berths."
    assert set(bench.rows) == {"Trip to Lisbon", "Night train"}


def test_the_last_words_in_a_long_note(bench: NotesBench) -> None:
    """Hush locks while what was written before them is still being saved, on another thread."""
    made = bench.service.create("Start\n" + "Some words.\n" * 30_000).result()
    bench.refresh()
    bench.open(made.id)
    bench.write("a")
    writing = bench.controller.writing
    writing.pause.timeout.emit()
    bench.qtbot.waitUntil(lambda: bool(writing.current.saving))
    bench.write("b")
    bench.controller.keep()
    bench.bridge.close()
    bench.service.close()
    assert text_of(bench, made.id).startswith("abStart")
    assert len(bench.service.list().result()) == 3


def test_a_new_note(bench: NotesBench) -> None:
    """It is there from its first word on, with the tags it was given."""
    bench.click(bench.list.new_button)
    bench.page.tags.added.emit("food")
    bench.write("Soup")
    bench.pause()
    note = bench.service.get(3).result()
    assert (note.text, note.title, note.tags) == ("Soup", "Soup", ("food",))


def test_a_conflict(bench: NotesBench) -> None:
    """Both are kept, and one is told so."""
    bench.open(1)
    note = bench.service.get(1).result()
    bench.service.save(1, "From elsewhere", note.revision).result()
    bench.write("Mine: ")
    bench.pause()
    assert bench.page.notice.text == "This note changed elsewhere; both versions are kept."
    assert text_of(bench, 1) == "From elsewhere"
    assert text_of(bench, 3).startswith("Mine: Lisbon")
    bench.write("again ")
    bench.pause()
    assert text_of(bench, 3).startswith("Mine: again Lisbon")


def test_tags(bench: NotesBench) -> None:
    """One of the text stays with the text; one given can be taken off."""
    bench.open(1)
    bench.page.tags.added.emit("trips")
    bench.settle()
    assert bench.page.tags.tags == ("travel", "trips")
    bench.page.tags.removed.emit("trips")
    bench.page.tags.removed.emit("travel")
    bench.settle()
    assert bench.page.tags.tags == ("travel",)
    assert "stands in the text" in bench.page.notice.text


def test_links_and_backlinks(bench: NotesBench) -> None:
    """A link leads to its note, which knows of it."""
    bench.controller.toggle_panel()
    bench.open(1)
    bench.editor.target_wanted.emit("note", "Night train")
    bench.settle()
    assert bench.text.startswith("Night train")
    assert bench.place.panel.linked.texts == ["Lisbon"]


def test_the_trash(bench: NotesBench) -> None:
    """There, back, and gone for good."""
    bench.open(1)
    bench.controller.delete()
    bench.settle()
    assert bench.rows == ["Night train"]
    bench.click(bench.list.notice.action)
    assert set(bench.rows) == {"Lisbon", "Night train"}
    bench.controller.listing.delete(1, in_trash=False)
    bench.list.choose(trash=True)
    bench.settle()
    assert bench.rows == ["Lisbon"]
    bench.click(bench.list.empty_button)
    bench.click(bench.list.notice.action)
    bench.settle()
    assert bench.rows == []


def test_an_earlier_version_comes_back(bench: RealBench) -> None:
    """What was there before the change, and the change stays as a version."""
    bench.controller.toggle_panel()
    bench.clock.advance(3_600)
    bench.open(2)
    bench.write("Slow ")
    bench.pause()
    bench.refresh()
    rows = bench.place.panel.earlier.rows
    assert rows
    bench.click(rows[-1])
    assert "+ Slow Night train" in bench.page.version.body.toPlainText()
    bench.click(bench.page.version.bring_back)
    assert text_of(bench, 2) == "Night train\nTwo berths."
    assert bench.text == "Night train\nTwo berths."


def test_renaming_and_back(bench: NotesBench) -> None:
    """A title of its own, then the text's again."""
    bench.open(1)
    bench.page.header.renamed.emit("Portugal")
    bench.settle()
    assert bench.service.get(1).result().title == "Portugal"
    bench.page.header.renamed.emit("")
    bench.settle()
    assert bench.service.get(1).result().title == "Lisbon"
