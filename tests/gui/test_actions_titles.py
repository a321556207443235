"""A title that the model suggests: shown where the title stands, written once it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from assistant.errors import EngineDied, VaultLocked
from assistant.events import TitlesChanged
from assistant.notes.records import TitleBy
from tests.gui.actions_bench import ActionsBench
from ui.actions import words

SUGGESTED = "Night trains to Lisbon"


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ActionsBench]:
    """A note is open that is called after its text."""
    bench = ActionsBench(qtbot)
    bench.begin("The night train leaves at nine")
    yield bench
    bench.close()


def suggest(bench: ActionsBench, title: str = SUGGESTED) -> None:
    """Ask, and have the model answer."""
    bench.titling.suggest()
    bench.settle()
    bench.titles.waiting.set_result(title)
    bench.settle()


def test_it_is_only_suggested(bench: ActionsBench) -> None:
    """It stands where a title does, and in words; nothing is written."""
    bench.titling.suggest()
    bench.settle()
    assert bench.page.notice.text == words.THINKING
    bench.titles.waiting.set_result(SUGGESTED)
    bench.settle()
    assert bench.page.header.title == SUGGESTED
    assert bench.page.notice.text == f"Suggested title: “{SUGGESTED}”"
    assert bench.service.note(1).title_by is TitleBy.TEXT
    assert bench.service.note(1).revision == 1


def test_taking_it_and_taking_it_back(bench: ActionsBench) -> None:
    """It is the person's own title from then on; Undo gives the text its say again."""
    suggest(bench)
    bench.click(bench.page.notice.action)
    assert bench.service.note(1).title == SUGGESTED
    assert bench.service.note(1).title_by is TitleBy.PERSON
    assert bench.page.header.title == SUGGESTED
    assert SUGGESTED in bench.rows
    bench.click(bench.page.notice.action)
    assert bench.service.note(1).title_by is TitleBy.TEXT
    assert bench.page.header.title == ""


@pytest.mark.parametrize("way", ["button", "escape", "cross"])
def test_discarding(bench: ActionsBench, way: str) -> None:
    """The note is called as it was, and no trace is left."""
    suggest(bench)
    if way == "button":
        bench.click(bench.page.notice.more)
    elif way == "escape":
        assert bench.titling.escape()
    else:
        bench.page.notice.dismiss()
    bench.settle()
    assert bench.page.header.title == ""
    assert bench.page.notice.text == ""
    assert bench.service.note(1).revision == 1
    assert not bench.titling.escape()


def test_stopping(bench: ActionsBench) -> None:
    """The model is told, and what comes late is shown to nobody."""
    bench.titling.suggest()
    bench.settle()
    bench.click(bench.page.notice.action)
    cancel = bench.titles.asked[0][1]
    assert cancel
    assert cancel.asked
    bench.titles.waiting.set_result(SUGGESTED)
    bench.settle()
    assert bench.page.header.title == ""


def test_what_was_just_written_counts(bench: ActionsBench) -> None:
    """It is saved first; a note that had not begun begins."""
    bench.controller.new()
    bench.settle()
    bench.write("Another text")
    bench.titling.suggest()
    bench.settle()
    assert [note_id for note_id, _ in bench.titles.asked] == [2]
    assert bench.service.note(2).text == "Another text"
    bench.titles.waiting.set_result(SUGGESTED)
    bench.settle()
    assert bench.page.header.title == SUGGESTED


def test_writing_goes_on(bench: ActionsBench) -> None:
    """A save meanwhile leaves the suggestion where it stands."""
    suggest(bench)
    bench.editor.setFocus()
    bench.write("Then ")
    bench.pause()
    assert bench.page.header.title == SUGGESTED
    bench.click(bench.page.notice.action)
    assert bench.service.note(1).title == SUGGESTED
    assert bench.service.note(1).text.startswith("Then ")


def test_another_note_is_opened(bench: ActionsBench) -> None:
    """A suggestion for another note is none."""
    other = bench.service.add("Another note")
    bench.refresh()
    bench.titling.suggest()
    bench.settle()
    bench.open(other.id)
    bench.titles.waiting.set_result(SUGGESTED)
    bench.settle()
    assert bench.page.header.title == ""
    assert bench.page.notice.text == ""


def test_what_goes_wrong_is_said(bench: ActionsBench) -> None:
    """At once or later; the note is as it was."""
    bench.titles.problem = VaultLocked("The vault is closed.")
    bench.titling.suggest()
    bench.settle()
    assert bench.page.notice.text == "The vault is closed."
    bench.titling.suggest()
    bench.titles.waiting.set_exception(EngineDied("The model stopped.", "Ask again."))
    bench.settle()
    assert "The model stopped." in bench.page.notice.text
    assert bench.service.note(1).revision == 1


def test_a_save_that_fails(bench: ActionsBench) -> None:
    """What cannot be saved is not asked about; that is said."""
    bench.editor.setFocus()
    bench.write("x")
    bench.service.problem = VaultLocked("The vault is closed.")
    bench.titling.suggest()
    bench.settle()
    assert bench.titles.asked == []
    assert "The vault is closed." in bench.page.notice.text
    assert not bench.titling.escape()


def test_where_there_is_nothing_to_title(bench: ActionsBench) -> None:
    """It is said why."""
    bench.controller.new()
    bench.settle()
    bench.titling.suggest()
    assert bench.page.notice.text == words.NOTHING_WRITTEN
    bench.open(1)
    bench.controller.delete()
    bench.settle()
    bench.titling.suggest()
    assert bench.page.notice.text == words.NO_NOTE
    bench.controller.open(1)
    bench.settle()
    bench.titling.suggest()
    assert bench.page.notice.text == words.IN_TRASH
    assert bench.titles.asked == []


def test_it_is_called_that_already(bench: ActionsBench) -> None:
    """There is nothing to take."""
    suggest(bench, bench.service.note(1).title)
    assert bench.page.notice.text == words.ALREADY
    assert bench.page.header.title == ""


def test_a_title_that_deceives(bench: ActionsBench) -> None:
    """Drawn harmless."""
    suggest(bench, "Pay\u202enow")
    assert "⟨U+202E⟩" in bench.page.header.title
    assert "⟨U+202E⟩" in bench.page.notice.text


def test_titles_that_nobody_asked_for(bench: ActionsBench) -> None:
    """The list shows them, and the page, whose next save knows of it."""
    kept = bench.service.kept[1]
    kept.note = replace(kept.note, title=SUGGESTED, title_by=TitleBy.HUSH, revision=2)
    bench.titling.handle(TitlesChanged(note_ids=(1,)))
    bench.settle()
    assert SUGGESTED in bench.rows
    assert bench.page.header.title == SUGGESTED
    bench.editor.setFocus()
    bench.write("x")
    bench.pause()
    assert bench.service.note(1).revision == 3
    assert len(bench.service.kept) == 1


def test_a_note_being_written_is_left_alone(bench: ActionsBench) -> None:
    """What is typed has the last word."""
    bench.editor.setFocus()
    bench.write("x")
    kept = bench.service.kept[1]
    kept.note = replace(kept.note, title=SUGGESTED, title_by=TitleBy.HUSH, revision=2)
    bench.titling.handle(TitlesChanged(note_ids=(1,)))
    bench.settle()
    assert bench.text.startswith("x")
    assert bench.controller.writing.current.note
    assert bench.controller.writing.current.note.revision == 1
