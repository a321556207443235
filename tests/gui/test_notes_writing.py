"""A note is kept: while it is written, when it is left, and whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from assistant.errors import InputRefused, StorageFull
from assistant.notes.records import TitleBy
from tests.gui.notes_bench import NotesBench
from ui.notes.pouring import LONGEST_LINE
from ui.notes.writing import PAUSE_MILLISECONDS, Sheet

FULL = StorageFull("The disk is full.", "Make room.")


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[NotesBench]:
    """The place with two notes."""
    bench = NotesBench(qtbot)
    bench.service.add("Lisbon\nLight layers.", hours_ago=1)
    bench.service.add("Night train\nTwo berths.", hours_ago=2)
    bench.refresh()
    yield bench
    bench.close()


# Saving -----------------------------------------------------------------------------------


def test_what_is_typed_is_saved_after_a_pause(bench: NotesBench) -> None:
    """Once for many keys; the list shows the new title."""
    bench.open(1)
    bench.write("Trip to ")
    assert bench.service.saves == 0
    assert bench.controller.writing.pause.interval() == PAUSE_MILLISECONDS
    assert bench.controller.writing.pause.isActive()
    bench.pause()
    assert bench.service.saves == 1
    assert bench.service.note(1).text == "Trip to Lisbon\nLight layers."
    assert bench.rows[0] == "Trip to Lisbon"


def test_steady_typing_is_saved_too(bench: NotesBench) -> None:
    """Who never pauses loses a few seconds at most."""
    bench.open(1)
    bench.write("a")
    steady = bench.controller.writing.steady
    assert steady.isActive()
    steady.timeout.emit()
    bench.settle()
    assert bench.service.saves == 1
    assert not bench.controller.writing.pause.isActive()


def test_looking_saves_nothing(bench: NotesBench) -> None:
    """Opening, going elsewhere and closing leave the notes as they are."""
    bench.open(1)
    bench.open(2)
    bench.controller.keep()
    bench.settle()
    assert bench.service.saves == 0


def test_leaving_saves_first(bench: NotesBench) -> None:
    """What was typed a moment ago goes into its own note."""
    bench.open(1)
    bench.write("X")
    bench.open(2)
    assert bench.service.note(1).text == "XLisbon\nLight layers."
    assert bench.service.note(2).text == "Night train\nTwo berths."
    assert bench.text == "Night train\nTwo berths."


def test_keeping_hands_over_at_once(bench: NotesBench) -> None:
    """Hush locks or closes: no further turn of the loop is needed."""
    bench.open(1)
    bench.write("X")
    bench.controller.keep()
    assert bench.service.note(1).text == "XLisbon\nLight layers."


def test_keeping_what_was_typed_while_a_save_is_under_way(bench: NotesBench) -> None:
    """Hush locks: nothing comes back any more, and yet the last words reach the vault. Once."""
    bench.open(1)
    bench.service.hold()
    bench.write("a")
    bench.pause()
    bench.write("b")
    bench.controller.keep()
    bench.bridge.close()
    bench.service.release()
    assert bench.service.note(1).text == "abLisbon\nLight layers."
    assert len(bench.service.kept) == 2


def test_keeping_what_waits_for_a_save_of_another_note(bench: NotesBench) -> None:
    """The person went on to another note in the meantime."""
    bench.open(1)
    bench.service.hold()
    bench.write("a")
    bench.pause()
    bench.write("b")
    writing = bench.controller.writing
    writing.leave(lambda: writing.take(Sheet()))
    bench.settle()
    bench.controller.keep()
    bench.bridge.close()
    bench.service.release()
    assert bench.service.note(1).text == "abLisbon\nLight layers."


def test_keeping_a_new_note_that_is_being_made(bench: NotesBench) -> None:
    """One note comes of it, with all that was written and its title."""
    bench.click(bench.list.new_button)
    bench.service.hold()
    bench.write("a")
    bench.pause()
    bench.write("b")
    bench.controller.writing.current.title = "Named"
    bench.controller.keep()
    bench.bridge.close()
    bench.service.release()
    notes = [kept.note for kept in bench.service.kept.values()][2:]
    assert [(note.title, note.text) for note in notes] == [("Named", "ab")]


def test_keeping_though_the_save_under_way_fails(bench: NotesBench) -> None:
    """What was typed since is saved all the same."""
    bench.open(1)
    bench.service.hold()
    bench.service.problem = FULL
    bench.write("a")
    bench.pause()
    bench.write("b")
    bench.controller.keep()
    bench.bridge.close()
    bench.service.release()
    assert bench.service.note(1).text == "abLisbon\nLight layers."


def test_keeping_twice_is_keeping_once(bench: NotesBench) -> None:
    """Nothing is handed over that is on its way already."""
    bench.open(1)
    bench.service.hold()
    bench.write("a")
    bench.controller.keep()
    bench.controller.keep()
    bench.service.release()
    bench.settle()
    assert bench.service.saves == 1
    assert bench.service.note(1).text == "aLisbon\nLight layers."


def test_what_is_typed_while_a_save_is_under_way(bench: NotesBench) -> None:
    """It follows, with the revision that the first came to."""
    bench.open(1)
    bench.service.hold()
    bench.write("a")
    bench.pause()
    bench.write("b")
    bench.pause()
    assert bench.service.saves == 1
    bench.service.release()
    bench.settle()
    assert bench.service.saves == 2
    assert bench.service.note(1).text == "abLisbon\nLight layers."
    assert bench.service.note(1).revision == 3


def test_a_key_between_taking_the_text_and_its_delivery(bench: NotesBench) -> None:
    """It counts as a change all the same, and is saved next."""
    bench.open(1)
    bench.write("a")
    bench.controller.writing.pause.timeout.emit()  # taken out, not delivered yet
    bench.write("b")
    bench.settle()
    assert bench.controller.writing.is_changed
    bench.pause()
    assert bench.service.note(1).text == "abLisbon\nLight layers."


def test_a_new_note_begins_with_its_first_word(bench: NotesBench) -> None:
    """Nothing is kept of one in which nothing was written."""
    bench.click(bench.list.new_button)
    assert bench.editor.hasFocus()
    bench.open(1)
    bench.press("Tab")
    assert len(bench.service.kept) == 2
    bench.click(bench.list.new_button)
    bench.write("Shopping")
    bench.pause()
    assert bench.service.note(3).text == "Shopping"
    assert bench.rows[0] == "Shopping"
    bench.write(" list")
    bench.pause()
    assert bench.service.note(3).text == "Shopping list"
    assert len(bench.service.kept) == 3


def test_a_new_note_written_on_while_it_is_made(bench: NotesBench) -> None:
    """One note comes of it, with all that was written."""
    bench.click(bench.list.new_button)
    bench.service.hold()
    bench.write("a")
    bench.pause()
    bench.write("b")
    bench.pause()
    bench.service.release()
    bench.settle()
    assert [kept.note.text for kept in bench.service.kept.values()][2:] == ["ab"]


def test_a_new_note_takes_the_tag_that_is_listed(bench: NotesBench) -> None:
    """Where the notes with a tag are shown, a new one belongs to them."""
    bench.controller.open_tag("travel")
    bench.settle()
    bench.click(bench.list.new_button)
    bench.write("Porto")
    bench.pause()
    assert bench.service.note(3).tags == ("travel",)
    assert bench.rows == ["Porto"]


def test_a_note_opened_again_while_it_is_saved(bench: NotesBench) -> None:
    """It stands there as it was written, and writing on makes no second note of it."""
    bench.open(1)
    bench.service.slow()
    bench.write("a")
    bench.open(2)
    bench.open(1)
    assert bench.text == "aLisbon\nLight layers."
    bench.write("b")
    bench.pause()
    bench.service.catch_up()
    bench.settle()
    assert bench.service.note(1).text == "baLisbon\nLight layers."
    assert len(bench.service.kept) == 2


def test_a_passage_of_the_open_note_is_shown_while_it_is_written(bench: NotesBench) -> None:
    """The note was read before the last key: that stays, and makes no second note of it."""
    bench.open(1)
    bench.service.hold()
    bench.controller.open(1, (0, 6))
    bench.write("a")
    bench.service.release()
    bench.settle()
    assert bench.text == "aLisbon\nLight layers."
    bench.write("b")
    bench.pause()
    assert bench.service.note(1).text == bench.text
    assert sorted(bench.text) == sorted("abLisbon\nLight layers.")
    assert len(bench.service.kept) == 2


# What goes wrong --------------------------------------------------------------------------


def test_a_note_that_changed_elsewhere_is_kept_twice(bench: NotesBench) -> None:
    """The person goes on in their own; one press shows the other."""
    bench.open(1)
    bench.service.change_elsewhere(1, "Lisbon\nFrom the phone.")
    bench.write("Mine: ")
    bench.pause()
    assert bench.page.notice.text == "This note changed elsewhere; both versions are kept."
    assert bench.service.note(1).text == "Lisbon\nFrom the phone."
    assert bench.service.note(3).text == "Mine: Lisbon\nLight layers."
    bench.write("a")
    bench.pause()
    assert bench.service.note(3).text.startswith("Mine: a")
    assert bench.text.startswith("Mine: a")
    bench.click(bench.page.notice.action)
    assert bench.text == "Lisbon\nFrom the phone."
    assert {"Mine: aLisbon", "Lisbon"} <= set(bench.rows)


def test_a_disk_that_is_full_loses_nothing(bench: NotesBench) -> None:
    """The text stays, the line says so, and trying again saves it."""
    bench.open(1)
    bench.service.lasting = FULL
    bench.write("X")
    bench.pause()
    assert "The disk is full." in bench.page.notice.text
    assert bench.page.header.when.text() == "Not saved"
    assert bench.text == "XLisbon\nLight layers."
    bench.service.lasting = None
    bench.click(bench.page.notice.action)
    assert bench.service.note(1).text == "XLisbon\nLight layers."
    assert bench.page.header.when.text().startswith("Edited")


def test_what_could_not_be_saved_stands_there_again(bench: NotesBench) -> None:
    """Going elsewhere and coming back shows it, and it is saved with the next change."""
    bench.open(1)
    bench.service.lasting = FULL
    bench.write("X")
    bench.open(2)
    bench.open(1)
    assert bench.text == "XLisbon\nLight layers."
    bench.service.lasting = None
    bench.write("Y")
    bench.pause()
    assert bench.service.note(1).text == "YXLisbon\nLight layers."


def test_a_note_that_is_gone_is_written_anew(bench: NotesBench) -> None:
    """It was deleted for good elsewhere while it was being written."""
    bench.open(1)
    del bench.service.kept[1]
    bench.write("X")
    bench.pause()
    assert bench.service.note(3).text == "XLisbon\nLight layers."
    assert "kept as a new note" in bench.page.notice.text


def test_a_text_that_is_refused_stays_on_the_page(bench: NotesBench) -> None:
    """The reason is said; nothing is cut."""
    bench.open(1)
    bench.service.problem = InputRefused("This note is too long.", "Make several notes of it.")
    bench.write("X")
    bench.pause()
    assert bench.page.notice.text == "This note is too long. Make several notes of it."
    assert bench.text == "XLisbon\nLight layers."


def test_a_note_that_cannot_be_read(bench: NotesBench) -> None:
    """It was deleted a moment ago: what was on the page stays."""
    bench.open(1)
    del bench.service.kept[2]
    bench.open(2)
    assert bench.page.notice.text == "There is no such note."
    assert bench.text == "Lisbon\nLight layers."


# Titles -----------------------------------------------------------------------------------


def test_the_title_follows_the_text(bench: NotesBench) -> None:
    """Where the text says it, it is not said twice."""
    bench.open(1)
    assert bench.page.header.title == ""


def test_renaming(bench: NotesBench) -> None:
    """F2 gives a title of its own, which stands above the text; the menu takes it back."""
    bench.open(1)
    bench.controller.rename()
    bench.settle()
    bench.qtbot.keyClicks(bench.focus, "Portugal")
    bench.press("Return")
    assert bench.service.note(1).title == "Portugal"
    assert bench.service.note(1).title_by is TitleBy.PERSON
    assert bench.page.header.title == "Portugal"
    assert bench.rows[0] == "Portugal"
    bench.page.header.renamed.emit("")
    bench.settle()
    assert bench.service.note(1).title == "Lisbon"
    assert bench.page.header.title == ""


def test_escape_leaves_a_rename(bench: NotesBench) -> None:
    """Nothing is renamed."""
    bench.open(1)
    bench.controller.rename()
    bench.settle()
    bench.qtbot.keyClicks(bench.focus, "Porto")
    bench.press("Esc")
    assert bench.service.note(1).title == "Lisbon"


def test_renaming_a_note_that_can_only_be_read(bench: NotesBench) -> None:
    """Its text is saved as it was, not as it is shown: in pieces."""
    text = "abc " * LONGEST_LINE
    note = bench.service.add(text)
    bench.refresh()
    bench.open(note.id)
    assert bench.editor.isReadOnly()
    assert "cannot" in bench.page.notice.text or "not changed" in bench.page.notice.text
    bench.page.header.renamed.emit("Long")
    bench.settle()
    assert bench.service.note(note.id).text == text
    assert bench.service.note(note.id).title == "Long"
