"""Notes in the furnished window: keys, going there from elsewhere, and leaving."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from assistant.asking.records import Source
from assistant.search.records import Hit, Kind, Snippet
from tests.gui.bench import ANSWER, Bench
from tests.gui.fakes import NOON
from tests.gui.notes_fakes import hit
from ui.notes.editor import NoteEditor
from ui.notes.place import NotesPlace
from ui.search.picker import Picker
from ui.window import CHATS, NOTES, SEARCH


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    """The furnished window with two chats and a note."""
    bench = Bench(qtbot)
    bench.app.notes.add("Lisbon\nLight layers. #travel")
    yield bench
    bench.close()


def editor(bench: Bench) -> NoteEditor:
    """Where the note is."""
    found = bench.window.findChild(NoteEditor)
    assert isinstance(found, NoteEditor)
    return found


def place(bench: Bench) -> NotesPlace:
    """The place for notes."""
    found = bench.window.findChild(NotesPlace)
    assert isinstance(found, NotesPlace)
    return found


def message_hit() -> Hit:
    """The answer of chat 1, found."""
    text = ANSWER.text
    return Hit(
        1, Kind.MESSAGE, ANSWER.id, 1, "Packing list", "", Snippet(text), text,
        start=0, length=len(text), at=NOON, score=1,
    )  # fmt: skip


def test_keys_lead_to_notes_and_search(bench: Bench) -> None:
    """Each place by its number; arriving shows what is there by now."""
    bench.press("Ctrl+2")
    assert bench.window.place == NOTES
    assert [note.title for note in place(bench).list.notes] == ["Lisbon"]
    bench.press("Ctrl+3")
    assert bench.window.place == SEARCH
    bench.press("Esc")
    assert bench.window.place == CHATS


def test_a_new_note_from_anywhere(bench: Bench) -> None:
    """Ctrl+Shift+N, and one writes; leaving the window keeps it."""
    bench.press("Ctrl+Shift+N")
    assert bench.window.place == NOTES
    assert editor(bench).hasFocus()
    bench.type("Shopping")
    bench.workplace.keep()
    bench.settle()
    assert bench.app.notes.note(2).text == "Shopping"


def test_keys_mean_the_note_where_a_note_is(bench: Bench) -> None:
    """Finding, renaming and the list are those of the place one is in."""
    bench.workplace.open_note(1)
    bench.settle()
    bench.press("Ctrl+F")
    assert place(bench).page.find_bar.isVisible()
    assert not bench.page.find_bar.isVisible()
    bench.press("Esc")
    bench.press("Ctrl+B")
    assert not place(bench).list.isVisible()
    assert bench.app.settings.list_visible
    bench.press("Ctrl+Shift+F")
    assert place(bench).list.field.hasFocus()
    bench.press("Ctrl+Shift+B")
    assert place(bench).panel.isVisible()
    bench.press("F2")
    bench.type("Portugal")
    bench.press("Return")
    assert bench.app.notes.note(1).title == "Portugal"


def test_going_to_anything(bench: Bench) -> None:
    """Ctrl+K finds a note by its title."""
    bench.press("Ctrl+K")
    picker = bench.window.findChild(Picker)
    bench.pool.submit(lambda: None).result()
    bench.settle()
    bench.qtbot.keyClicks(picker.field, "lisb")
    bench.press("Return", picker.field)
    assert bench.window.place == NOTES
    assert editor(bench).text_now().startswith("Lisbon")


def test_a_hit_opens_its_note_at_the_passage(bench: Bench) -> None:
    """Highlighted."""
    bench.workplace.open_hit(hit(bench.app.notes.note(1), 7, 5))
    bench.settle()
    assert bench.window.place == NOTES
    (found,) = editor(bench).extraSelections()
    assert found.cursor.selectedText() == "Light"  # type: ignore[attr-defined] # the stubs lack it


def test_a_hit_opens_its_message(bench: Bench) -> None:
    """The passage is selected in it, in a chat that was not open and in one that is."""
    for _ in range(2):
        bench.press("Ctrl+2")
        bench.workplace.open_hit(message_hit())
        bench.settle()
        assert bench.window.place == CHATS
        assert bench.title == "Packing list"
        found = bench.page.timeline._match
        assert found
        assert found.entry.message.id == ANSWER.id


def test_a_message_that_is_not_on_the_shown_path(bench: Bench) -> None:
    """The chat opens all the same."""
    bench.workplace.open_hit(replace(message_hit(), owner_id=999))
    bench.settle()
    assert bench.title == "Packing list"
    assert bench.page.timeline._match is None


def test_a_citation_opens_its_passage(bench: Bench) -> None:
    """In a note, and in a chat."""
    note, message = hit(bench.app.notes.note(1), 7, 5), message_hit()
    bench.page.timeline.source_requested.emit(Source.of(note, 1))
    bench.settle()
    assert bench.window.place == NOTES
    assert editor(bench).extraSelections()
    bench.page.timeline.source_requested.emit(Source.of(message, 2))
    bench.settle()
    assert bench.window.place == CHATS
    assert bench.page.timeline._match


def test_asking_about_a_note(bench: Bench) -> None:
    """A new chat, whose questions are of this note."""
    bench.workplace.open_note(1)
    bench.settle()
    place(bench).page.header.ask.trigger()
    bench.settle()
    assert bench.window.place == CHATS
    bench.send("When do I leave?")
    scope, _ = bench.chat.given[-1]
    assert scope
    assert scope.id == 1


def test_a_session_without_notes(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The place says why; no key of it does anything."""
    monkeypatch.setattr("tests.gui.fakes.FakeNotes", lambda: None)
    bench = Bench(qtbot)
    bench.press("Ctrl+Shift+N")
    bench.press("Ctrl+F")
    bench.press("F2")
    bench.press("Esc")
    assert "nothing of this session is written down" in place(bench).page.empty.words
    bench.close()
