"""The list of notes: which are listed, in which order, pinned, thrown away and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from assistant.backup.service import Holding
from assistant.errors import VaultDamaged
from assistant.notes.records import NoteLine
from tests.gui.notes_bench import NotesBench
from tests.gui.notes_fakes import HOUR, NOON, FakeNotes
from ui.notes.listing import line_of
from ui.notes.model import TIME_ROLE, NoteModel
from ui.search.picker import Picker

ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[NotesBench]:
    """The place with three notes, one pinned."""
    bench = NotesBench(qtbot)
    bench.service.add("Lisbon\nLight layers. #travel/portugal", hours_ago=1)
    bench.service.add("Night train\nTwo berths. #travel", hours_ago=2)
    bench.service.add("Soup\nLeeks.", hours_ago=30, pinned=True)
    bench.refresh()
    yield bench
    bench.close()


def line(number: int, title: str = "", at: int = NOON, **more: object) -> NoteLine:
    """A row."""
    return NoteLine(number, title or f"Note {number}", "How it begins", False, (), at, **more)  # type: ignore[arg-type]


def menu(bench: NotesBench, note_id: int) -> dict[str, Callable[[], None]]:
    """What is offered for a note, by its words."""
    view = bench.list.view
    view.move_ring(bench.row(note_id))
    place = view.visualRect(bench.row(note_id)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place))
    QApplication.sendEvent(view.viewport(), event)
    found = view.findChildren(QMenu)[-1]
    return {action.text().partition("\t")[0]: action.trigger for action in found.actions()}


# The model --------------------------------------------------------------------------------


def test_an_open_note_is_marked_however_far_down_it_stands(qtbot: QtBot) -> None:
    """Opened by search, it is brought into sight though the view had not asked for it."""
    bench = NotesBench(qtbot)
    ids = [bench.service.add(f"Note {n}", hours_ago=n + 1).id for n in range(600)]
    bench.refresh()
    bench.list.select(ids[-1])
    view = bench.list.view
    assert bench.row(ids[-1]).isValid()
    assert view.selectionModel().isSelected(bench.row(ids[-1]))
    assert view.viewport().rect().contains(view.visualRect(bench.row(ids[-1])).center())
    bench.close()


def test_arriving_the_keyboard_walks_along_the_list(bench: NotesBench) -> None:
    """With no note open; with none at all it offers the first one."""
    bench.place.take_focus()
    assert bench.list.view.hasFocus()
    assert bench.list.view.currentIndex().row() == 0


def test_ten_thousand_come_bit_by_bit() -> None:
    """The view asks for more; rows and ids lead to each other."""
    model = NoteModel()
    notes = [line(n + 1, at=NOON - n) for n in range(10_000)]
    model.show(notes, NOON)
    assert model.rowCount() == 500
    tester = QAbstractItemModelTester(model)
    while model.canFetchMore(QModelIndex()):
        model.fetchMore(QModelIndex())
    assert model.rowCount() == 10_000
    for wanted in (1, 4_321, 10_000):
        found = model.note(model.index_of(wanted))
        assert found
        assert found.id == wanted
    assert not model.index_of(99_999).isValid()
    assert tester.model() is model


def test_a_pointer_follows_its_note() -> None:
    """Another order, and what points at a row goes with the note."""
    model = NoteModel()
    model.show([line(1), line(2), line(3)], NOON)
    pointer = QPersistentModelIndex(model.index_of(3))
    model.show([line(3), line(1)], NOON)
    assert pointer.row() == 0
    model.show([line(1)], NOON)
    assert not pointer.isValid()


def test_a_screen_reader_hears_all_of_a_row() -> None:
    """Title, time and how it begins; what is hidden in a title is shown."""
    model = NoteModel()
    model.show([line(1, "Soup\u202e", NOON - HOUR)], NOON)
    assert model.index(0).data(ACCESSIBLE) == "Soup⟨U+202E⟩, 1h, How it begins"
    model.look_again(NOON + HOUR)
    assert model.index(0).data(TIME_ROLE) == "2h"


def test_a_saved_note_is_shown_as_the_store_would() -> None:
    """Its line is made here, with the store's own reading of the text."""
    service = FakeNotes()
    note = service.add("# Soup\n\n- **Leeks** and [[cream]] #food")
    assert [line_of(note)] == service.list().result()


# Which notes ------------------------------------------------------------------------------


def test_pinned_first_then_the_newest(bench: NotesBench) -> None:
    """As the service gives them."""
    assert bench.rows == ["Soup", "Lisbon", "Night train"]
    assert bench.list.count.text() == "3"


def test_the_field_filters(bench: NotesBench) -> None:
    """As one types; Enter opens the first; Esc shows all again."""
    bench.list.begin_filter()
    bench.qtbot.keyClicks(bench.focus, "berth")
    bench.settle()
    assert bench.rows == ["Night train"]
    bench.press("Return")
    assert bench.text.startswith("Night train")
    bench.list.begin_filter()
    bench.controller.escape()
    bench.settle()
    assert len(bench.rows) == 3


def test_an_answer_to_earlier_letters_is_not_shown(bench: NotesBench) -> None:
    """However late it comes."""
    bench.service.hold()
    bench.list.field.setText("ber")
    bench.list.field.setText("")
    held = bench.service._held or []
    bench.service._held = None
    for future, value in reversed(held):
        future.set_result(value)
    bench.settle()
    assert len(bench.rows) == 3


def test_a_tag_and_what_is_nested_in_it(bench: NotesBench) -> None:
    """The button says what is listed."""
    bench.controller.open_tag("travel")
    bench.settle()
    assert bench.rows == ["Lisbon", "Night train"]
    assert bench.list.scope_button.text() == "#travel"


def test_choosing_what_is_listed(bench: NotesBench) -> None:
    """A picker offers all notes, the trash and every tag with its number of notes."""
    bench.click(bench.list.scope_button)
    picker = bench.window.findChild(Picker)
    model = picker.view.model()
    shown = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert shown == ["Notes", "All notes", "Trash", "Tags", "#travel", "#travel/portugal"]
    bench.qtbot.keyClicks(picker.field, "portu")
    bench.press("Return", picker.field)
    assert bench.rows == ["Lisbon"]


@pytest.mark.parametrize(
    ("words", "tag", "trash", "said"),
    [
        ("zebra", "", False, "No note contains that."),
        ("", "nowhere", False, "No note has this tag."),
        ("", "", True, "The trash is empty."),
    ],
)
def test_an_empty_list_says_why(
    bench: NotesBench, words: str, tag: str, trash: bool, said: str
) -> None:
    """In one sentence."""
    bench.list.choose(tag, trash=trash)
    bench.list.field.setText(words)
    bench.settle()
    assert bench.list.empty.isVisible()
    assert bench.list.empty.text() == said


def test_a_list_that_cannot_be_read(bench: NotesBench) -> None:
    """It says why, and can be asked for again."""
    bench.service.hold()
    bench.controller.listing.refresh()
    held = bench.service._held or []
    bench.service._held = None
    held[0][0].set_exception(VaultDamaged("A page is damaged."))
    bench.settle()
    assert bench.list.notice.text == "A page is damaged."
    bench.click(bench.list.notice.action)
    assert bench.list.notice.text == ""


def test_a_saved_note_comes_to_its_place(bench: NotesBench) -> None:
    """Below the pinned ones, before all others; not where it does not belong."""
    bench.open(2)
    bench.service.now = NOON + HOUR
    bench.write("x")
    bench.pause()
    assert bench.rows == ["Soup", "xNight train", "Lisbon"]
    bench.controller.open_tag("elsewhere")
    bench.settle()
    bench.write("y")
    bench.pause()
    assert bench.rows == []


def test_writing_on_in_the_newest_note_moves_nothing(bench: NotesBench) -> None:
    """Its row alone is painted anew, however many there are."""
    model = bench.list.view.model()
    moved, painted = QSignalSpy(model.layoutChanged), QSignalSpy(model.dataChanged)
    note = bench.service.note(1)
    bench.controller.listing.put(replace(note, title="Porto", updated_at=NOON))
    assert bench.rows == ["Soup", "Porto", "Night train"]
    assert (moved.count(), painted.count()) == (0, 1)
    assert painted.at(0)[:2] == [bench.row(1), bench.row(1)]


# Pinning ----------------------------------------------------------------------------------


@pytest.mark.qt_log_ignore("This plugin does not support")  # a menu, on the offscreen platform
def test_pinning_from_the_list_and_from_the_page(bench: NotesBench) -> None:
    """Both show it."""
    bench.open(2)
    menu(bench, 2)["Pin to the top"]()
    bench.settle()
    assert bench.rows == ["Night train", "Soup", "Lisbon"]
    assert bench.page.header.pin_button.isChecked()
    bench.click(bench.page.header.pin_button)
    assert not bench.service.note(2).pinned
    assert bench.page.header.pin_button.accessibleName() == "Pin to the top"


# The trash --------------------------------------------------------------------------------


def test_delete_and_undo(bench: NotesBench) -> None:
    """The page closes, the keyboard stays in the list, and one press brings the note back."""
    bench.open(1)
    bench.list.view.setFocus()
    bench.press("Del", bench.list.view)
    assert bench.rows == ["Soup", "Night train"]
    assert bench.page.is_empty
    assert bench.list.view.hasFocus()
    assert bench.list.notice.text == "Moved “Lisbon” to the trash."
    bench.click(bench.list.notice.action)
    assert bench.rows == ["Soup", "Lisbon", "Night train"]


def test_deleting_saves_first(bench: NotesBench) -> None:
    """What was typed a moment ago is in the trash with the rest."""
    bench.open(1)
    bench.write("X")
    bench.controller.delete()
    bench.settle()
    assert bench.service.note(1).text.startswith("XLisbon")
    assert bench.service.note(1).deleted_at is not None


def test_undo_where_the_list_is_hidden(bench: NotesBench) -> None:
    """The page says it: nothing is deleted unsaid."""
    bench.open(1)
    bench.controller.toggle_list()
    bench.controller.delete()
    bench.settle()
    assert bench.page.notice.text == "Moved “Lisbon” to the trash."
    assert bench.page.notice.isVisible()


def test_a_note_in_the_trash_can_be_read_and_put_back(bench: NotesBench) -> None:
    """It cannot be changed there; the line says until when it stays."""
    bench.service.trash([1])
    bench.list.choose(trash=True)
    bench.settle()
    bench.open(1)
    assert bench.editor.isReadOnly()
    assert "deleted for good" in bench.page.notice.text
    bench.click(bench.page.notice.action)
    assert bench.service.note(1).deleted_at is None
    assert bench.rows == []


@pytest.mark.qt_log_ignore("This plugin does not support")  # a menu, on the offscreen platform
def test_deleting_for_good_is_asked(bench: NotesBench) -> None:
    """Nothing is gone until the second press."""
    bench.service.trash([1, 2])
    bench.list.choose(trash=True)
    bench.settle()
    menu(bench, 1)["Delete for good…"]()
    bench.settle()
    assert 1 in bench.service.kept
    assert "Nothing brings it back" in bench.list.notice.text
    bench.click(bench.list.notice.action)
    assert 1 not in bench.service.kept
    assert bench.rows == ["Night train"]


def test_emptying_the_trash(bench: NotesBench) -> None:
    """One question for all of it; the button is there only where there is something."""
    bench.list.choose(trash=True)
    bench.settle()
    assert not bench.list.empty_button.isEnabled()
    assert not bench.list.new_button.isVisible()
    bench.service.trash([1, 2])
    bench.refresh()
    bench.click(bench.list.empty_button)
    assert bench.list.notice.text.startswith("Delete 2 notes for good?")
    bench.click(bench.list.notice.action)
    assert list(bench.service.kept) == [3]
    assert bench.rows == []


def test_emptying_what_is_filtered(bench: NotesBench) -> None:
    """As many are deleted as were shown and asked about, whatever else is in the trash."""
    bench.service.trash([1, 2])
    bench.list.choose(trash=True)
    bench.list.field.setText("berth")
    bench.settle()
    bench.click(bench.list.empty_button)
    assert bench.list.notice.text.startswith("Delete 1 note for good?")
    bench.list.field.setText("")
    bench.settle()
    bench.click(bench.list.notice.action)
    assert list(bench.service.kept) == [1, 3]
    assert bench.rows == ["Lisbon"]


def test_emptying_a_list_that_is_not_up_to_date(bench: NotesBench) -> None:
    """What came into the trash since is kept."""
    bench.service.trash([1])
    bench.list.choose(trash=True)
    bench.settle()
    bench.service.trash([2])
    bench.click(bench.list.empty_button)
    bench.click(bench.list.notice.action)
    assert list(bench.service.kept) == [2, 3]


def test_deleting_a_note_on_the_page_while_the_trash_is_listed(bench: NotesBench) -> None:
    """It was opened by search: it goes into the trash, and is listed there."""
    bench.list.choose(trash=True)
    bench.settle()
    bench.controller.open(1)
    bench.settle()
    bench.controller.delete()
    bench.settle()
    assert bench.list.notice.text == "Moved this note to the trash."
    assert bench.service.note(1).deleted_at is not None
    assert bench.rows == ["Lisbon"]


def test_a_note_of_the_trash_whose_save_is_under_way(bench: NotesBench) -> None:
    """It is one of the trash all the same: what was saved was not there yet."""
    bench.open(1)
    bench.service.slow()
    bench.write("X")
    bench.controller.delete()
    bench.settle()
    bench.controller.open(1)
    bench.settle()
    assert bench.editor.isReadOnly()
    bench.controller.delete()
    bench.settle()
    assert "for good?" in bench.list.notice.text


def test_deleting_a_note_of_the_trash_while_the_others_are_listed(bench: NotesBench) -> None:
    """It is asked whether it is to go for good."""
    bench.service.trash([1])
    bench.refresh()
    bench.controller.open(1)
    bench.settle()
    bench.controller.delete()
    bench.settle()
    assert bench.list.notice.text == "Delete this note for good? Nothing brings it back."
    bench.click(bench.list.notice.action)
    assert 1 not in bench.service.kept
    assert bench.page.is_empty


@pytest.mark.qt_log_ignore("This plugin does not support")  # a menu, on the offscreen platform
def test_backups_that_still_hold_what_was_deleted_are_named(bench: NotesBench) -> None:
    """Until when, and where to see to it; where there are none, nothing is added."""
    notice = bench.list.notice
    bench.service.trash([1, 2, 3])
    bench.list.choose(trash=True)
    bench.settle()
    menu(bench, 1)["Delete for good…"]()
    bench.click(notice.action)
    assert notice.text == "Deleted 1 note for good."
    oldest = min(bench.service.note(number).created_at for number in bench.service.kept)
    bench.holding = Holding((), kept=True)
    bench.click(bench.list.empty_button)
    bench.click(notice.action)
    assert bench.asked_since[-1] == oldest
    assert notice.text == "Deleted 2 notes for good. They stay in the files kept from a restore."
    bench.click(notice.more)
    assert bench.went == ["backups"]


# The keyboard -----------------------------------------------------------------------------


def test_keys_move_a_ring_and_enter_opens(bench: NotesBench) -> None:
    """Moving shows nothing yet."""
    bench.list.view.setFocus(Qt.FocusReason.TabFocusReason)
    assert bench.list.view.currentIndex() == bench.row(3)
    bench.press("Down", bench.list.view)
    assert bench.page.is_empty
    bench.press("Return", bench.list.view)
    assert bench.text.startswith("Lisbon")
    assert bench.editor.hasFocus()


def test_a_click_leaves_the_keyboard_in_the_list(bench: NotesBench) -> None:
    """Arrows and Del go on from there."""
    bench.open(1)
    assert bench.text.startswith("Lisbon")
    assert bench.list.view.hasFocus()


def test_deleting_one_after_another(bench: NotesBench) -> None:
    """The ring goes to the next, or the last."""
    view = bench.list.view
    view.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(3):
        bench.press("Del", view)
    assert bench.rows == []
    assert all(kept.note.deleted_at for kept in bench.service.kept.values())
