"""Actions in the furnished window: menus, keys, commands, and titles that change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from assistant.actions.catalogue import DESCRIPTIONS
from assistant.actions.records import Action, ActionResult, ActionRun, Placement
from assistant.events import ActionEnded, ActionText, TitlesChanged
from assistant.notes.records import TitleBy
from tests.gui.actions_bench import FakeTitles
from tests.gui.bench import Bench
from tests.gui.fakes import FakeApp
from ui.actions import words
from ui.actions.panel import ResultPanel
from ui.notes.editor import NoteEditor
from ui.notes.page import NotePage
from ui.search.picker import Picker
from ui.window import CHATS, NOTES

TEXT = "Lisbon\nLight layers."


class FakeActs:
    """Notes what it is asked; what comes of it is up to the test."""

    def __init__(self) -> None:
        self.asked: list[tuple[Action, str, str]] = []
        self.cancelled: list[int] = []
        self.offered = DESCRIPTIONS

    def start(self, action: Action, text: str, *, language: str = "") -> ActionRun:
        self.asked.append((action, text, language))
        return ActionRun(len(self.asked), action)

    def cancel(self, run_id: int) -> None:
        self.cancelled.append(run_id)


class ActsBench(Bench):
    """The window with a note and actions."""

    def __init__(self, qtbot: QtBot, *, offered: bool = True) -> None:
        self.acts = FakeActs()
        self.titles = FakeTitles()

        def prepare(app: FakeApp) -> None:
            app.notes.add(TEXT)
            app.actions = self.acts if offered else None
            app.titles = self.titles if offered else None

        super().__init__(qtbot, prepare)
        page = self.window.findChild(NotePage)
        assert isinstance(page, NotePage)
        self.note_page = page
        self.editor: NoteEditor = page.editor

    def go_to_note(self) -> None:
        """Open the note."""
        self.workplace.open_note(1)
        self.settle()

    def menu(self) -> QMenu:
        """The menu that is open."""
        popup = QApplication.activePopupWidget()
        assert isinstance(popup, QMenu)
        return popup

    def end(self, text: str = "All is well.") -> None:
        """The model has written."""
        run = len(self.acts.asked)
        self.bridge.sink(ActionText(run, text))
        result = ActionResult(Action.SUMMARISE, text, Placement.BESIDE)
        self.bridge.sink(ActionEnded(run, result))
        self.settle()


def names(menu: QMenu) -> list[str]:
    """What a menu offers, without its separators."""
    return [one.text() for one in menu.actions() if one.text() and one.isVisible()]


def named(menu: QMenu, name: str) -> Any:
    """One of a menu's actions."""
    return next(one for one in menu.actions() if one.text() == name)


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ActsBench]:
    """The furnished window over a service in the test's hands."""
    bench = ActsBench(qtbot)
    yield bench
    bench.close()


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, on the offscreen platform
def test_the_menu_by_keyboard(bench: ActsBench) -> None:
    """Ctrl+Shift+A where one writes; arrows and Enter choose, Esc closes it."""
    bench.go_to_note()
    bench.press("Ctrl+Shift+A")
    assert names(bench.menu()) == [
        "Summarise",
        "Find tasks",
        "Rewrite",
        "Translate…",
        "Explain",
        "Continue",
        "Suggest a title",
    ]
    rewriting = named(bench.menu(), "Rewrite").menu()
    assert names(rewriting) == ["Make shorter", "Make clearer", "Make formal"]
    bench.press("Down", bench.menu())
    bench.press("Return", bench.menu())
    assert bench.acts.asked == [(Action.SUMMARISE, TEXT, "")]
    assert bench.note_page.result.isVisible()


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, on the offscreen platform
def test_esc_in_the_window(bench: ActsBench) -> None:
    """It stops; then it leaves the result; then the rest of what it does."""
    bench.go_to_note()
    bench.press("Ctrl+Shift+A")
    named(bench.menu(), "Explain").trigger()
    bench.menu().close()
    bench.settle()
    assert bench.workplace.is_busy
    bench.press("Esc")
    assert bench.acts.cancelled == [1]
    bench.end()
    assert not bench.workplace.is_busy
    assert bench.note_page.result.isVisible()
    bench.press("Esc")
    assert not bench.note_page.result.isVisible()
    assert bench.window.place == NOTES


def test_by_name_from_anywhere(bench: ActsBench) -> None:
    """Ctrl+K in the chats leads to the note and begins."""
    bench.go_to_note()
    bench.press("Ctrl+1")
    assert bench.window.place == CHATS
    bench.press("Ctrl+K")
    picker = bench.window.findChild(Picker)
    bench.pool.submit(lambda: None).result()
    bench.settle()
    bench.qtbot.keyClicks(picker.field, "summarise this")
    bench.press("Return", picker.field)
    assert bench.window.place == NOTES
    assert [action for action, _, _ in bench.acts.asked] == [Action.SUMMARISE]


def test_the_menu_of_the_note(bench: ActsBench) -> None:
    """Behind the three dots, filled as it opens."""
    bench.go_to_note()
    menu = bench.note_page.header.actions_menu
    assert menu.menuAction().isVisible()
    menu.aboutToShow.emit()
    assert "Suggest a title" in names(menu)
    named(menu, "Suggest a title").trigger()
    bench.settle()
    assert [note_id for note_id, _ in bench.titles.asked] == [1]
    bench.titles.waiting.cancel()


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, on the offscreen platform
def test_the_menu_of_a_selection(bench: ActsBench) -> None:
    """By the menu key: what Qt offers, and what the model can do with what is selected."""
    bench.go_to_note()
    bench.editor.moveCursor(QTextCursor.MoveOperation.End)
    bench.editor.moveCursor(QTextCursor.MoveOperation.StartOfBlock, QTextCursor.MoveMode.KeepAnchor)
    at = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, bench.editor.mapToGlobal(at))
    QApplication.sendEvent(bench.editor.viewport(), event)
    bench.settle()
    own = named(bench.menu(), "Actions on the selection").menu()
    assert len(names(bench.menu())) > 1
    assert "Suggest a title" not in names(own)
    named(own, "Continue").trigger()
    bench.menu().close()
    bench.settle()
    assert bench.acts.asked == [(Action.CONTINUE, "Light layers.", "")]


def test_nothing_is_offered_in_the_trash(bench: ActsBench) -> None:
    """Nor without a note: it is said why."""
    bench.press("Ctrl+2")
    bench.press("Ctrl+Shift+A")
    assert bench.note_page.notice.text == "Open a note first."
    bench.go_to_note()
    bench.workplace.notes.delete()
    bench.settle()
    bench.go_to_note()
    bench.press("Ctrl+Shift+A")
    assert "in the trash" in bench.note_page.notice.text
    menu = bench.note_page.header.actions_menu
    menu.aboutToShow.emit()
    assert [(one.text(), one.isEnabled()) for one in menu.actions()] == [(words.IN_TRASH, False)]
    bench.workplace.notes.listing.restore([1])
    bench.settle()
    bench.go_to_note()
    menu.aboutToShow.emit()
    assert "Summarise" in names(menu)


def test_nothing_is_built_before_it_is_wanted(bench: ActsBench) -> None:
    """A start does not wait for the panel."""
    bench.go_to_note()
    assert bench.window.findChild(ResultPanel) is None
    bench.bridge.sink(ActionText(7, "of nobody"))
    bench.press("Esc")
    assert bench.window.findChild(ResultPanel) is None


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, on the offscreen platform
def test_without_services(qtbot: QtBot) -> None:
    """A window over nothing that could do it offers nothing, and its text keeps Qt's menu."""
    bench = ActsBench(qtbot, offered=False)
    bench.go_to_note()
    bench.press("Ctrl+Shift+A")
    assert QApplication.activePopupWidget() is None
    assert not bench.note_page.header.actions_menu.menuAction().isVisible()
    at = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, bench.editor.mapToGlobal(at))
    QApplication.sendEvent(bench.editor.viewport(), event)
    assert not any("Actions" in name for name in names(bench.menu()))
    bench.menu().close()
    bench.close()


def test_chats_get_titles(bench: ActsBench) -> None:
    """The list and the page show them, but not over a title that is being changed."""
    bench.open(1)
    heads = bench.conversations.heads
    heads[1] = replace(heads[1], title="Lisbon in May")
    bench.bridge.sink(TitlesChanged(conversation_ids=(1,)))
    bench.settle()
    assert "Lisbon in May" in bench.rows
    assert bench.title == "Lisbon in May"
    bench.press("F2")
    heads[1] = replace(heads[1], title="Packing")
    bench.bridge.sink(TitlesChanged(conversation_ids=(1,)))
    bench.settle()
    assert bench.page.header.is_renaming
    assert "Packing" in bench.rows


def test_notes_get_titles(bench: ActsBench) -> None:
    """The list shows them."""
    bench.go_to_note()
    kept = bench.app.notes.kept[1]
    kept.note = replace(kept.note, title="Lisbon, lightly", title_by=TitleBy.HUSH, revision=2)
    bench.bridge.sink(TitlesChanged(note_ids=(1,)))
    bench.settle()
    assert [one.title for one in bench.workplace.notes.listing._list.notes] == ["Lisbon, lightly"]
    assert bench.note_page.header.title == "Lisbon, lightly"
