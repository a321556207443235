"""A recovery code on the screen: shown, copied, saved, and asked for."""

from __future__ import annotations

import gc
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from assistant.store.recovery import RecoveryCode
from ui.bridge import Bridge
from ui.clipboard import SECRET_MILLISECONDS, SecretCopy
from ui.controls import PlainLabel, TextButton
from ui.door.recovery_code import CodeCheck, CodeSheet, CodeView, asked_groups
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

CODE = RecoveryCode(bytes(range(20)))


@pytest.fixture
def bridge(qtbot: QtBot) -> Bridge:
    """The crossing to the GUI thread."""
    return Bridge()


@pytest.fixture
def sheet(show_alone: Callable[[QWidget], None], bridge: Bridge) -> CodeSheet:
    """The code, shown."""
    sheet = CodeSheet(CODE, Theme(LIGHT), bridge)
    show_alone(sheet)
    return sheet


def words(widget: QWidget) -> str:
    """What can be read."""
    labels = widget.findChildren(PlainLabel)
    return "\n".join(label.text() for label in labels if label.isVisible())


def picture(view: CodeView) -> QImage:
    """What is painted."""
    image = QImage(view.size(), QImage.Format.Format_RGB32)
    image.fill(0)
    view.render(image)
    return image


def press(sheet: CodeSheet, name: str) -> None:
    """Press a button."""
    next(b for b in sheet.findChildren(TextButton) if b.text() == name).click()


# Showing ----------------------------------------------------------------------------------


def test_it_is_read_out_letter_by_letter(sheet: CodeSheet) -> None:
    """Nine groups, each with its number."""
    name = sheet.view.accessibleName()
    assert name.startswith("Recovery code. Group 1: ")
    assert name.count("Group ") == 9
    spelled = name.replace(" ", "")
    assert all(group in spelled for group in CODE.groups)


def test_it_is_drawn_and_then_no_longer(sheet: CodeSheet) -> None:
    """The picture changes with the groups, and a cleared sheet looks like an empty one."""
    sheet.view.clearFocus()  # its ring is no part of this
    shown = picture(sheet.view)
    empty = CodeView(Theme(LIGHT))
    empty.resize(sheet.view.size())
    assert picture(empty) != shown
    sheet.clear()
    sheet.view.resize(empty.size())  # else it would be lower, too
    assert picture(sheet.view) == picture(empty)
    assert sheet.view.accessibleName() == "Recovery code."


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0, 6.0])
def test_every_group_has_room(qtbot: QtBot, scale: float) -> None:
    """A narrow view has fewer columns and more rows, at any text size."""
    view = CodeView(Theme(DARK, scale))
    qtbot.addWidget(view)
    view.set_groups(CODE.groups)
    wide, narrow = view.sizeHint().width(), view.minimumSizeHint().width()
    assert view.heightForWidth(narrow) > 2 * view.heightForWidth(wide)
    assert view.heightForWidth(10_000) == view.heightForWidth(wide)  # never over three columns


# Copying ----------------------------------------------------------------------------------


def test_a_copy_is_marked_as_secret(sheet: CodeSheet, bridge: Bridge) -> None:
    """As plain text, with the mark that clipboard managers look for; the page says how long."""
    press(sheet, "Copy")
    data = QApplication.clipboard().mimeData()
    assert data.text() == CODE.text
    assert not data.hasHtml()
    assert data.data("x-kde-passwordManagerHint").data() == b"secret"
    assert "taken off the clipboard again in a minute" in words(sheet)
    assert SECRET_MILLISECONDS == 60_000


def test_a_copy_goes_by_itself(qtbot: QtBot) -> None:
    """Also where the page has long gone, and Python has tidied up."""
    SecretCopy(CODE.text, QApplication.clipboard(), milliseconds=1, owns=lambda: True)
    gc.collect()
    qtbot.waitUntil(lambda: not QApplication.clipboard().text())


def test_a_second_copy_starts_the_minute_anew(sheet: CodeSheet, qapp: QApplication) -> None:
    """Only the last one counts the time."""
    press(sheet, "Copy")
    press(sheet, "Copy")
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    (copy,) = qapp.findChildren(SecretCopy)
    copy.withdraw()


def test_another_text_stays_on_the_clipboard(qtbot: QtBot) -> None:
    """What the person copied since is theirs."""
    clipboard = QApplication.clipboard()
    copy = SecretCopy(CODE.text, clipboard, owns=lambda: True)
    clipboard.setText("a shopping list")
    copy.forget()
    assert clipboard.text() == "a shopping list"


def test_another_program_s_clipboard_is_not_looked_at(qtbot: QtBot) -> None:
    """It might hang, and the window with it."""
    clipboard = QApplication.clipboard()
    copy = SecretCopy(CODE.text, clipboard, owns=lambda: False)
    copy.forget()
    assert clipboard.text() == CODE.text  # here it stands for the other program's


def test_a_cleared_sheet_gives_nothing_away(sheet: CodeSheet, tmp_path: Path) -> None:
    """Neither by the button nor into a file chosen meanwhile."""
    QApplication.clipboard().setText("before")
    sheet.clear()
    press(sheet, "Copy")
    sheet.save_to(tmp_path / "code.txt")
    assert QApplication.clipboard().text() == "before"
    assert list(tmp_path.iterdir()) == []


# Saving -----------------------------------------------------------------------------------


def test_a_file_for_its_owner_only(
    sheet: CodeSheet, bridge: Bridge, qtbot: QtBot, tmp_path: Path
) -> None:
    """Plain text with the code, private, and words on where it must not stay."""
    path = tmp_path / "code.txt"
    sheet.save_to(path)
    qtbot.waitUntil(lambda: "must not stay on this laptop" in words(sheet))
    text = path.read_text()
    assert CODE.text in text
    assert "Do not leave this file on the laptop." in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written(sheet: CodeSheet, qtbot: QtBot, tmp_path: Path) -> None:
    """Said where the work is; the code is still there to be written down."""
    sheet.save_to(tmp_path / "missing" / "code.txt")
    qtbot.waitUntil(lambda: "The folder for this file does not exist." in words(sheet))
    assert sheet.view.accessibleName().count("Group ") == 9


def test_a_sheet_that_is_gone_before_its_file_is_written(
    bridge: Bridge, qtbot: QtBot, tmp_path: Path
) -> None:
    """The outcome finds nobody, and nothing breaks."""
    sheet = CodeSheet(CODE, Theme(LIGHT), bridge)
    sheet.save_to(tmp_path / "code.txt")
    sheet.deleteLater()
    QApplication.sendPostedEvents(sheet, 0)
    qtbot.waitUntil(lambda: (tmp_path / "code.txt").exists() and not bridge.is_busy)


@pytest.mark.qt_log_ignore("This plugin does not support")  # dialogs, on the offscreen platform
def test_the_dialog_names_a_file(sheet: CodeSheet) -> None:
    """The window does not wait for it; the name says what the file is."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    press(sheet, "Save as file…")
    dialog = sheet.findChild(QFileDialog)
    names = [Path(name).name for name in dialog.selectedFiles()]
    dialog.reject()
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, False)
    assert names == ["Hush recovery code.txt"]


# Asking -----------------------------------------------------------------------------------


@pytest.fixture
def check(show_alone: Callable[[QWidget], None]) -> CodeCheck:
    """The third and the seventh group are asked for."""
    check = CodeCheck(CODE, (2, 6))
    show_alone(check)
    return check


def test_groups_are_picked_by_the_randomness_handed_in() -> None:
    """Two different ones, in their order on the page."""
    assert asked_groups(CODE, lambda numbers, count: [numbers[8], numbers[0]]) == (0, 8)
    picked = {asked_groups(CODE) for _ in range(60)}
    assert len(picked) > 1
    assert all(0 <= first < second < 9 for first, second in picked)


@pytest.mark.parametrize(
    "typed",
    [
        lambda group: group,
        lambda group: group.lower(),
        lambda group: f" {group[:2]}-{group[2:]} ",
        lambda group: group.replace("0", "o").replace("1", "l"),
    ],
)
def test_a_group_is_read_as_the_code_is(check: CodeCheck, typed: Callable[[str], str]) -> None:
    """In any case, with spaces, with letters that look like digits."""
    check.fields[0].setText(typed(CODE.groups[2]))
    check.fields[1].setText(typed(CODE.groups[6]))
    assert check.check()


@pytest.mark.parametrize("typed", ["", "ABC", "ABCDE", "UUUU", "\0\u202e", "A" * 10_000])
def test_a_group_that_is_none(check: CodeCheck, typed: str) -> None:
    """Too short, too long, foreign: the group is named, and the keyboard is there."""
    check.fields[0].setText(CODE.groups[2])
    check.fields[1].setText(typed)
    assert not check.check()
    assert "Group 7 is different." in words(check)
    assert check.fields[1].hasFocus()


def test_the_whole_code_is_no_group(check: CodeCheck) -> None:
    """Pasting what was copied shows nothing about what stands on paper."""
    for field in check.fields:
        field.setText(CODE.text)
    assert not check.check()


def test_swapped_groups_are_noticed(check: CodeCheck) -> None:
    """Each belongs into its own field."""
    check.fields[0].setText(CODE.groups[6])
    check.fields[1].setText(CODE.groups[2])
    assert not check.check()


def test_enter_moves_on_and_submits(check: CodeCheck, qtbot: QtBot) -> None:
    """From the first field to the second, and from there on."""
    check.first_focus()
    qtbot.keyClick(check.fields[0], Qt.Key.Key_Return)
    assert check.fields[1].hasFocus()
    with qtbot.waitSignal(check.submitted):
        qtbot.keyClick(check.fields[1], Qt.Key.Key_Return)
