"""The frame, its keys, and what holds for all of it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.bench import Bench
from tests.gui.fakes import conversation
from ui.shortcuts import SHORTCUTS, KeysPanel, bind
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT
from ui.vault.page import VaultPage
from ui.window import CHATS, METRICS, MODELS, NOTES, SEARCH, SETTINGS, VAULT, Window


def rail_button(bench: Bench, name: str) -> QAbstractButton:
    """A button of the rail."""
    buttons = bench.window.rail.findChildren(QAbstractButton)
    return next(button for button in buttons if button.accessibleName() == name)


def test_places(bench: Bench) -> None:
    """The rail and its keys lead to the same places, and the rail shows where one is."""
    bench.press("Ctrl+6")
    assert bench.window.place == VAULT
    assert bench.shows(VaultPage)
    bench.press("Ctrl+7")
    assert bench.window.place == SETTINGS
    assert bench.settings_page.isVisible()
    checked = [b for b in bench.window.rail.findChildren(QAbstractButton) if b.isChecked()]
    assert [button.accessibleName() for button in checked] == ["Settings"]
    rail_button(bench, "Chats").click()
    assert bench.window.place == CHATS
    assert bench.composer.field.hasFocus()


def test_escape_leaves_the_settings(bench: Bench) -> None:
    """Back to the chats."""
    bench.press("Ctrl+7")
    bench.press("Esc")
    assert bench.window.place == CHATS


@pytest.mark.parametrize("keys", ["Ctrl+N", "Ctrl+Shift+F", "Ctrl+B"])
def test_keys_of_the_chats_work_from_the_settings(bench: Bench, keys: str) -> None:
    """They go where they mean something."""
    bench.press("Ctrl+7")
    bench.press(keys)
    assert bench.window.place == CHATS


def test_the_list_can_be_hidden(bench: Bench) -> None:
    """Ctrl+B hides and shows it; the settings remember; the keyboard is never left inside."""
    bench.press("Ctrl+Shift+F")
    bench.press("Ctrl+B")
    assert not bench.list.isVisible()
    assert not bench.app.settings.list_visible
    assert bench.composer.field.hasFocus()
    bench.press("Ctrl+B")
    assert bench.list.isVisible()
    assert bench.app.settings.list_visible


def test_searching_shows_the_list(bench: Bench) -> None:
    """Ctrl+Shift+F needs it."""
    bench.press("Ctrl+B")
    bench.press("Ctrl+Shift+F")
    assert bench.list.isVisible()
    assert bench.list.search.hasFocus()


def test_finding_in_a_chat(bench: Bench) -> None:
    """Ctrl+F finds, says where nothing is found, and Esc takes bar and match away."""
    bench.open(1)
    bench.press("Ctrl+F")
    field = bench.window.focusWidget()
    assert isinstance(field, QLineEdit)
    bench.type("layers")
    bench.press("Return", field)
    assert bench.page.find_bar.result == ""
    bench.type("xyz")
    bench.press("Return", field)
    assert bench.page.find_bar.result == "Not found"
    bench.press("Shift+Return", field)
    assert bench.page.find_bar.result == "Not found"
    bench.press("Esc")
    assert not bench.page.find_bar.isVisible()
    assert bench.composer.field.hasFocus()


def test_nothing_to_find_in_an_empty_chat(bench: Bench) -> None:
    """The bar stays away."""
    bench.press("Ctrl+F")
    assert not bench.page.find_bar.isVisible()


def test_the_keys_are_shown(bench: Bench) -> None:
    """F1's panel names every key, keeps other keys to itself, and closes with any."""
    KeysPanel(bench.window).open_centred()
    panel = bench.window.findChild(KeysPanel)
    shown = [label.text() for label in panel.findChildren(QWidget) if hasattr(label, "text")]
    assert [entry.words for entry in SHORTCUTS if entry.words not in shown] == []
    bench.press("Ctrl+7")
    assert bench.window.place == CHATS
    assert not bench.shows(KeysPanel)
    assert bench.composer.field.hasFocus()


def test_a_click_beside_a_panel_closes_it(bench: Bench) -> None:
    """And reaches nothing behind."""
    KeysPanel(bench.window).open_centred()
    panel = bench.window.findChild(KeysPanel)
    bench.qtbot.mouseClick(panel, Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert not bench.shows(KeysPanel)


def test_a_panel_closes_when_the_window_changes(bench: Bench) -> None:
    """It would not be in the middle any more."""
    KeysPanel(bench.window).open_centred()
    bench.window.resize(900, 600)
    assert not bench.shows(KeysPanel)


def test_every_key_is_bound_once() -> None:
    """No two entries share a key or an action: Qt would do neither."""
    keys = [entry.keys for entry in SHORTCUTS]
    actions = [entry.action for entry in SHORTCUTS if entry.action]
    assert len(keys) == len(set(keys))
    assert len(actions) == len(set(actions))


def test_the_window_binds_every_action(bench: Bench) -> None:
    """What F1 names works; quitting, locking and help are bound where the window is started."""
    bound = {*bench.workplace.actions, "quit", "help", "lock"}
    assert bound == {entry.action for entry in SHORTCUTS if entry.action}


def test_quit(bench: Bench) -> None:
    """Ctrl+Q closes the window."""
    bind(bench.window, {"quit": bench.window.close})
    bench.press("Ctrl+Q")
    assert not bench.window.isVisible()


def test_tab_follows_the_eye(bench: Bench) -> None:
    """Rail, list from top to bottom, page from top to bottom, status line.

    The rail is one stop, as radio buttons are: arrow keys move within it.
    """
    bench.open(1)
    rail_button(bench, "Chats").setFocus()
    order = []
    for _ in range(40):
        focus = bench.window.focusWidget()
        order.append(focus.accessibleName())
        bench.press("Tab", focus)
    wanted = [
        "Chats",
        *("Search chats", "Chats", "New chat", "New private chat"),
        *("This chat", "Message"),
        "context 31 %",
    ]
    assert [name for name in order if name in wanted][: len(wanted)] == wanted


def test_arrows_move_within_the_rail(bench: Bench) -> None:
    """Down goes through the places, Up comes back."""
    chats = rail_button(bench, "Chats")
    chats.setFocus()
    for place in (NOTES, SEARCH, MODELS, METRICS, VAULT, SETTINGS):
        bench.press("Down")
        assert bench.window.place == place
    for _ in range(6):
        bench.press("Up")
    assert bench.window.place == CHATS
    assert chats.hasFocus()


def test_every_control_has_a_name(bench: Bench) -> None:
    """A screen reader can say what each one is."""
    bench.open(1)
    controls = [
        *bench.window.findChildren(QAbstractButton),
        *bench.window.findChildren(QLineEdit),
        *bench.window.findChildren(QPlainTextEdit),
    ]
    nameless = [
        type(control).__name__
        for control in controls
        if control.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and not control.accessibleName()
        and not (isinstance(control, QAbstractButton) and control.text())
        and control.isVisible()
    ]
    assert nameless == []


def test_the_title_bar_names_no_chat(bench: Bench) -> None:
    """Window lists and screenshots show "Hush" and nothing more."""
    bench.open(1)
    assert bench.window.windowTitle() == "Hush"


def test_only_one_window(bench: Bench) -> None:
    """No part of it ever flashes up as a window of its own."""
    bench.open(1)
    bench.press("Ctrl+7")
    shown = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert shown == [bench.window]


def test_it_turns_dark(bench: Bench) -> None:
    """Everything takes the colours; what is on the page stays."""
    bench.open(1)
    bench.type("half a thought")
    bench.window.apply(Theme(DARK))
    QApplication.processEvents()
    picture = bench.window.grab().toImage()
    assert picture.pixelColor(bench.window.width() - 40, 100).name() == DARK.page
    assert picture.pixelColor(4, 300).name() == DARK.rail
    assert bench.composer.text == "half a thought"
    assert bench.title == "Packing list"


def test_another_theme_stays_after_going_elsewhere(bench: Bench) -> None:
    """A conversation that is shown again is not on the former theme's ground."""
    bench.open(1)
    bench.window.apply(Theme(DARK))
    for place in (SETTINGS, CHATS):
        bench.window.go_to(place)
        bench.settle()
    picture = bench.window.grab().toImage()
    assert picture.pixelColor(bench.window.width() - 80, 300).name() == DARK.page


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_a_small_window(bench: Bench, scale: float) -> None:
    """At 900 x 600, and with text twice as large, nothing reaches beyond its place."""
    bench.conversations.heads[1] = conversation(1, "Unbrokenwordwithoutend" * 8)
    bench.window.apply(Theme(LIGHT, scale=scale))
    bench.window.resize(900, 600)
    bench.open(1)
    bench.press("Ctrl+F")
    bench.page.notice.say("A long sentence about what happened. " * 3, "Insert the beginning")
    QApplication.processEvents()
    assert bench.window.width() == 900
    for widget in (bench.page.header, bench.composer, bench.page.notice, bench.page.find_bar):
        right = widget.mapTo(bench.page, widget.rect().topRight()).x()
        assert right < bench.page.width()
    assert bench.composer.field.height() >= bench.composer.field.fontMetrics().height()


def test_nothing_can_be_pressed_before_the_vault_is_open(qtbot: QtBot) -> None:
    """The rail waits for its places."""
    window = Window(Theme(LIGHT))
    qtbot.addWidget(window)
    assert not window.rail.isEnabled()


def test_first_paint_is_told_once(qtbot: QtBot) -> None:
    """Everything slow waits for it."""
    window = Window(Theme(LIGHT))
    qtbot.addWidget(window)
    times: list[int] = []
    window.first_painted.connect(lambda: times.append(1))
    with qtbot.waitSignal(window.first_painted):
        window.show()
    window.update()
    QApplication.processEvents()
    assert times == [1]


@pytest.mark.qt_log_ignore("This plugin does not support")  # raising, on the offscreen platform
def test_a_minimised_window_comes_back(bench: Bench) -> None:
    """A second start shows the first window."""
    bench.window.showMinimized()
    bench.window.come_forward()
    assert not bench.window.isMinimized()
    assert bench.window.isVisible()
