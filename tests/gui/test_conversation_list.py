"""The list beside the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu

from assistant.conversations import UNDO_MILLISECONDS
from assistant.errors import SettingRefused, VaultDamaged
from tests.gui.bench import HOUR, Bench
from tests.gui.fakes import NOON, conversation, failed
from ui.conversation_model import TIME_ROLE, ConversationModel

DAY = 24 * HOUR


def editor(bench: Bench) -> QLineEdit:
    """The field that stands in a row while its title is changed."""
    return bench.list.view.viewport().findChild(QLineEdit)


def focus_list(bench: Bench) -> None:
    """Put the keyboard into the rows, as Tab does."""
    bench.list.view.setFocus(Qt.FocusReason.TabFocusReason)


# The model --------------------------------------------------------------------------------


def test_rows_are_grouped_by_day() -> None:
    """Headings stand where the day changes, newest first."""
    model = ConversationModel()
    tester = QAbstractItemModelTester(model)
    ages = {"a": 0, "b": HOUR, "c": DAY, "d": 3 * DAY, "e": 40 * DAY}
    model.show(
        [conversation(n, title, NOON - age) for n, (title, age) in enumerate(ages.items())], NOON
    )
    rows = [model.index(row).data() for row in range(model.rowCount())]
    assert rows == [
        *("Today", "a", "b"),
        *("Yesterday", "c"),
        *("Previous 7 days", "d"),
        *("May", "e"),
    ]
    assert model.index(1).data(TIME_ROLE) == "now"
    assert model.index(2).data(TIME_ROLE) == "1h"
    assert model.index(0).flags() == Qt.ItemFlag.NoItemFlags
    assert tester.model() is model


def test_every_row_of_ten_thousand_is_found() -> None:
    """Rows and ids lead to each other, across all headings; the view asks for them bit by bit."""
    model = ConversationModel()
    conversations = [conversation(n + 1, f"Chat {n}", NOON - n * 7 * HOUR) for n in range(10_000)]
    model.show(conversations, NOON)
    counts = [model.rowCount()]
    while model.canFetchMore(QModelIndex()):
        model.fetchMore(QModelIndex())
        counts.append(model.rowCount())
    assert counts[0] < 600
    assert len(counts) == 20
    assert model.rowCount() == 10_000 + len(model.headings)
    for wanted in (conversations[0], conversations[4_321], conversations[-1]):
        assert model.conversation(model.index_of(wanted.id)) is wanted
    shown = [model.conversation(model.index(row)) for row in range(model.rowCount())]
    assert [found for found in shown if found] == conversations
    assert not model.index_of(99_999).isValid()


def test_a_changed_conversation_moves_to_its_place() -> None:
    """What points at a row follows the conversation, not the position."""
    model = ConversationModel()
    model.show([conversation(n, "", NOON - n * DAY) for n in range(5)], NOON)
    pointer = QPersistentModelIndex(model.index_of(3))
    model.put(conversation(3, "renewed", NOON + 1), NOON + 1)
    assert model.conversation(pointer) == conversation(3, "renewed", NOON + 1)
    assert pointer.row() == 1
    model.remove(3, NOON)
    assert not pointer.isValid()
    assert not model.index_of(3).isValid()


def test_time_goes_on() -> None:
    """Seen from a day later, today is yesterday."""
    model = ConversationModel()
    model.show([conversation(1, "a", NOON)], NOON)
    model.look_again(NOON + DAY)
    assert model.index(0).data() == "Yesterday"


def test_a_screen_reader_hears_title_and_time() -> None:
    """One sentence for one row."""
    model = ConversationModel()
    model.show([conversation(1, "Packing", NOON - HOUR)], NOON)
    assert model.index(1).data(Qt.ItemDataRole.AccessibleTextRole) == "Packing, 1h"


# Opening ----------------------------------------------------------------------------------


def test_the_list_at_the_start(bench: Bench) -> None:
    """Newest first, under today."""
    assert bench.rows == ["Today", "Packing list", "Night train"]


def test_an_empty_list_says_what_it_is_for(bench: Bench) -> None:
    """And that nothing leaves this machine."""
    bench.conversations.heads.clear()
    bench.workplace.conversations.refresh()
    bench.settle()
    assert not bench.list.view.isVisible()
    assert "encrypted" in bench.list.empty.text()


def test_a_click_opens(bench: Bench) -> None:
    """The row is marked and the page shows it."""
    bench.open(1)
    assert bench.title == "Packing list"
    assert bench.list.view.selectedIndexes() == [bench.row(1)]


def test_keys_move_a_ring_and_enter_opens(bench: Bench) -> None:
    """Moving shows nothing yet; headings are passed over."""
    focus_list(bench)
    assert bench.list.view.currentIndex() == bench.row(1)
    bench.press("Down", bench.list.view)
    assert bench.list.view.currentIndex() == bench.row(2)
    assert bench.title == ""
    assert bench.list.view.selectedIndexes() == []
    bench.press("Return", bench.list.view)
    assert bench.title == "Night train"
    assert bench.composer.field.hasFocus()


def test_new_chat(bench: Bench) -> None:
    """The button at the foot begins one."""
    bench.open(1)
    bench.list.new_button.click()
    assert bench.title == ""
    assert bench.list.view.selectedIndexes() == []


# Searching --------------------------------------------------------------------------------


def test_search_filters_titles(bench: Bench) -> None:
    """As one types; Enter opens the first, Esc shows all again."""
    bench.press("Ctrl+Shift+F")
    assert bench.list.search.hasFocus()
    bench.type("night")
    bench.settle()
    assert bench.rows == ["Today", "Night train"]
    bench.press("Return", bench.list.search)
    assert bench.title == "Night train"
    bench.press("Ctrl+Shift+F")
    bench.press("Esc")
    assert bench.rows == ["Today", "Packing list", "Night train"]


def test_a_search_without_a_match(bench: Bench) -> None:
    """The list says so instead of showing nothing."""
    bench.press("Ctrl+Shift+F")
    bench.type("zebra")
    bench.settle()
    assert bench.list.empty.isVisible()
    assert bench.list.empty.text() == "No chat contains that."


def test_a_new_conversation_stays_out_of_a_search(bench: Bench) -> None:
    """Where its title does not match, it does not appear."""
    bench.list.search.setText("night")
    bench.settle()
    bench.send("Something else")
    bench.chat.last.save()
    bench.settle()
    assert bench.rows == ["Today", "Night train"]


def test_a_change_stays_in_a_search(bench: Bench) -> None:
    """What was found is not lost from sight because its title is another one now."""
    bench.list.search.setText("night")
    bench.settle()
    bench.workplace.conversations.rename(2, "Sleeper")
    bench.settle()
    assert bench.rows == ["Today", "Sleeper"]


def test_a_list_that_cannot_be_read(bench: Bench) -> None:
    """It says why, and can be asked for again."""
    bench.conversations.problem = VaultDamaged("A page is damaged.")
    bench.workplace.conversations.refresh()
    bench.settle()
    assert bench.list.notice.text == "A page is damaged."
    bench.list.notice.action.click()
    bench.settle()
    assert bench.list.notice.text == ""


# Renaming ---------------------------------------------------------------------------------


def test_rename_in_place(bench: Bench) -> None:
    """F2 in the list edits the row; the page's title follows."""
    bench.open(1)
    focus_list(bench)
    bench.press("F2", bench.list.view)
    field = editor(bench)
    assert field.text() == "Packing list"
    field.setText("Lisbon")
    bench.press("Return", field)
    assert "Lisbon" in bench.rows
    assert bench.title == "Lisbon"


@pytest.mark.parametrize("text", ["", "   ", "Packing list"])
def test_a_rename_to_nothing_or_the_same(bench: Bench, text: str) -> None:
    """The title stays and the store is not asked."""
    bench.conversations.problem = SettingRefused("asked")
    focus_list(bench)
    bench.press("F2", bench.list.view)
    editor(bench).setText(text)
    bench.press("Return", editor(bench))
    assert "Packing list" in bench.rows
    assert bench.page.notice.text == ""


def test_escape_leaves_a_rename(bench: Bench) -> None:
    """The key belongs to the field: nothing else is stopped or closed."""
    bench.page.notice.say("Still here.")
    focus_list(bench)
    bench.press("F2", bench.list.view)
    editor(bench).setText("Other")
    bench.press("Esc", editor(bench))
    assert "Packing list" in bench.rows
    assert bench.page.notice.text == "Still here."


def test_a_reply_that_ends_does_not_end_a_rename(bench: Bench) -> None:
    """The row moves; what is typed in it stays."""
    bench.open(2)
    bench.send("More?")
    run = bench.chat.last
    run.save()
    bench.settle()
    focus_list(bench)
    bench.list.view.move_ring(bench.row(2))
    bench.press("F2", bench.list.view)
    editor(bench).setText("Half a tit")
    run.exchange = replace(
        run.exchange, conversation=replace(run.exchange.conversation, updated_at=NOON)
    )
    run.end()
    bench.settle()
    assert bench.rows == ["Today", "Night train", "Packing list"]
    assert editor(bench).text() == "Half a tit"


def test_rename_above_the_page(bench: Bench) -> None:
    """F2 elsewhere, or a double click on the title, edits it there."""
    bench.open(1)
    bench.press("F2")
    field = bench.window.focusWidget()
    assert isinstance(field, QLineEdit)
    assert field.text() == "Packing list"
    field.selectAll()
    bench.type("Porto")
    bench.press("Return")
    assert bench.title == "Porto"
    assert "Porto" in bench.rows


def test_escape_leaves_the_title(bench: Bench) -> None:
    """Nothing is renamed."""
    bench.open(1)
    bench.press("F2")
    bench.type("Porto")
    bench.press("Esc")
    assert bench.title == "Packing list"
    assert "Packing list" in bench.rows


# Deleting ---------------------------------------------------------------------------------


def test_delete_and_undo(bench: Bench) -> None:
    """The page closes, a line offers to undo, and undoing opens it again."""
    bench.open(1)
    focus_list(bench)
    bench.press("Del", bench.list.view)
    assert bench.rows == ["Today", "Night train"]
    assert bench.title == ""
    assert bench.list.notice.text == "Deleted “Packing list”."
    bench.list.notice.action.click()
    bench.settle()
    assert bench.rows == ["Today", "Packing list", "Night train"]
    assert bench.title == "Packing list"


def test_deleting_another_chat_leaves_the_page(bench: Bench) -> None:
    """Only what was deleted goes."""
    bench.open(1)
    focus_list(bench)
    bench.list.view.move_ring(bench.row(2))
    bench.press("Del", bench.list.view)
    assert bench.title == "Packing list"
    bench.list.notice.action.click()
    bench.settle()
    assert bench.title == "Packing list"
    assert "Night train" in bench.rows


def test_deleting_one_after_another(bench: Bench) -> None:
    """The keyboard stands on the next row, or the last; what was open does not take it away."""
    bench.conversations.add(conversation(3, "Recipe", NOON - 3 * HOUR))
    bench.workplace.conversations.refresh()
    bench.settle()
    bench.open(1)
    focus_list(bench)
    view = bench.list.view
    view.move_ring(bench.row(1))
    bench.press("Del", view)
    assert view.hasFocus()
    assert view.currentIndex() == bench.row(2)
    view.move_ring(bench.row(3))
    bench.press("Del", view)
    assert view.currentIndex() == bench.row(2)
    bench.press("Del", view)
    assert bench.rows == []
    assert bench.window.focusWidget() is bench.composer.field


def test_undo_without_the_list(bench: Bench) -> None:
    """Where the list is hidden the page says it: nothing is deleted unsaid."""
    bench.press("Ctrl+B")
    bench.workplace.conversations.delete(2)
    bench.settle()
    assert bench.page.notice.isVisible()
    assert bench.page.notice.text == "Deleted “Night train”."
    bench.page.notice.action.click()
    bench.settle()
    assert "Night train" in bench.rows


@pytest.mark.parametrize("hide", [False, True])
def test_undo_brings_both_back(bench: Bench, *, hide: bool) -> None:
    """A second one deleted does not take the first one's Undo away, wherever it is said."""
    bench.workplace.conversations.delete(1)
    bench.settle()
    if hide:
        bench.press("Ctrl+B")
    bench.workplace.conversations.delete(2)
    bench.settle()
    notice = bench.page.notice if hide else bench.list.notice
    assert [n.text for n in (bench.page.notice, bench.list.notice) if n.text] == [notice.text]
    assert notice.text == "Deleted 2 chats."
    notice.action.click()
    bench.settle()
    assert {"Packing list", "Night train"} <= set(bench.rows)
    bench.workplace.conversations.delete(2)
    bench.settle()
    assert notice.text == "Deleted “Night train”."


def test_what_is_gone_for_good_is_not_offered(bench: Bench) -> None:
    """Neither after the person put the line away, nor after the store was told."""
    bench.workplace.conversations.delete(1)
    bench.settle()
    bench.list.notice.say("Something else.")
    bench.workplace.conversations.purge_timer.timeout.emit()
    bench.workplace.conversations.delete(2)
    bench.settle()
    assert bench.list.notice.text == "Deleted “Night train”."


def test_undo_lasts_as_long_as_the_store_keeps_it(bench: Bench) -> None:
    """The line goes by itself after half a minute; a little later the store is told."""
    bench.workplace.conversations.delete(2)
    bench.settle()
    assert bench.list.notice.remaining == pytest.approx(UNDO_MILLISECONDS, abs=2_000)
    purge = bench.workplace.conversations.purge_timer
    assert purge.remainingTime() > bench.list.notice.remaining
    purge.stop()
    purge.timeout.emit()
    bench.settle()
    assert bench.conversations.purged == 1
    assert not purge.isActive()


def test_undo_is_over_when_the_vault_is_closed(bench: Bench) -> None:
    """Closing it was the end of what was deleted: nobody is told of a purge that cannot be."""
    bench.workplace.conversations.delete(2)
    bench.settle()
    bench.conversations.closed = True
    bench.workplace.conversations.purge_timer.timeout.emit()
    bench.settle()
    assert bench.conversations.purged == 0
    assert bench.page.notice.text == ""


def test_a_long_title_is_cut_in_the_line(bench: Bench) -> None:
    """The line keeps its size."""
    bench.conversations.add(conversation(3, "A title that goes on and on and on and on", NOON))
    bench.workplace.conversations.delete(3)
    bench.settle()
    assert bench.list.notice.text == "Deleted “A title that goes on and on and…”."


@pytest.mark.qt_log_ignore("This plugin does not support")  # pop-ups, on the offscreen platform
def test_the_context_menu(bench: Bench) -> None:
    """Open, rename, delete, at the pointer or by its key; nothing on a heading."""
    view = bench.list.view
    for index in (bench.row(2), view.model().index(0, 0)):
        place = view.visualRect(index).center()
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, place, view.viewport().mapToGlobal(place)
        )
        view.contextMenuEvent(event)
    menus = view.findChildren(QMenu)
    assert len(menus) == 1
    assert [action.text() for action in menus[0].actions()] == ["Open", "Rename\tF2", "Delete\tDel"]
    menus[0].actions()[0].trigger()
    menus[0].close()
    bench.settle()
    assert bench.title == "Night train"


# Exporting --------------------------------------------------------------------------------


def test_export(bench: Bench, tmp_path: Path) -> None:
    """The file is written off the GUI thread, and the page says that it is not encrypted."""
    path = tmp_path / "Packing list.md"
    bench.workplace.conversations.export_to(1, path)
    bench.qtbot.waitUntil(lambda: bench.page.notice.text != "")
    assert path.read_text() == "# Packing list\n"
    assert bench.page.notice.text == f"Exported to {path}. It is not encrypted there."


def test_an_export_that_cannot_be_written(bench: Bench, tmp_path: Path) -> None:
    """The page says so; no file is left behind."""
    path = tmp_path / "nowhere" / "x" / "chat.md"
    (tmp_path / "nowhere").write_text("a file, not a folder")
    bench.workplace.conversations.export_to(1, path)
    bench.qtbot.waitUntil(lambda: bench.page.notice.text != "")
    assert "does not exist" in bench.page.notice.text
    assert not path.exists()


@pytest.mark.qt_log_ignore("This plugin does not support")  # dialogs, on the offscreen platform
def test_export_asks_where_to(bench: Bench) -> None:
    """The dialog suggests a name that any file system takes."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    bench.conversations.add(conversation(3, 'a/b: "c"?', NOON))
    bench.workplace.conversations.refresh()
    bench.settle()
    bench.open(3)
    bench.workplace.conversations.export(3)
    dialog = bench.page.findChild(QFileDialog)
    names = [Path(name).name for name in dialog.selectedFiles()]
    dialog.reject()
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, False)
    assert names == ["a b   c.md"]


def test_failures_of_the_store_are_said(bench: Bench) -> None:
    """A rename that fails says why."""
    bench.conversations.rename = lambda *_: failed(VaultDamaged("A page is damaged."))  # type: ignore[method-assign] # one broken call
    bench.workplace.conversations.rename(1, "x")
    bench.settle()
    assert bench.page.notice.text == "A page is damaged."
