"""A recovery code on the screen: shown once to be written down, then asked for in two groups.

Nothing prints from here: a print system may be on another machine, and this window opens no
network socket. The saved file can be printed with any other program.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QFormLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from assistant.errors import HushError, InputRefused
from assistant.export import write_export
from assistant.store.recovery import GROUP, RecoveryCode
from ui.bridge import Bridge
from ui.chat.announce import read_out
from ui.clipboard import copy_secret
from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space, Type

ASKED: Final = 2
"""Groups that are asked for: enough to see that the code stands on paper."""

_COLUMNS: Final = 3
_FILE_NAME: Final = "Hush recovery code.txt"
_FILE: Final = """\
Hush recovery code

    {code}

It opens your chats when this laptop's keyring is lost or a passphrase is forgotten.
Whoever has this code and a copy of your chats can read them.

Do not leave this file on the laptop. Print it, or move it to a USB stick that you keep
somewhere else.
"""
_COPIED: Final = "Copied. It is taken off the clipboard again in a minute."
_SAVED: Final = "Saved, but it must not stay on this laptop: print it, or move it elsewhere."
_DIFFERS: Final = "Group {} is different. Compare it with what you wrote down."

Sample = Callable[[Sequence[int], int], list[int]]
"""Picks so many different numbers, as ``random.sample`` does."""


def asked_groups(code: RecoveryCode, sample: Sample | None = None) -> tuple[int, ...]:
    """Which groups to ask for, counted from 0 and in order.

    Args:
        code: Its groups are counted.
        sample: Picks; the system's randomness by default.
    """
    pick = sample or secrets.SystemRandom().sample
    return tuple(sorted(pick(range(len(code.groups)), ASKED)))


class CodeView(QWidget):
    """The groups in large type, three to a row, each with its number.

    Nothing here can be selected: a selection would pass by what ``copy_secret`` sees to.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[str, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # so that it can be read out
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.apply(theme)

    def set_groups(self, groups: tuple[str, ...]) -> None:
        """Show these; none to show nothing."""
        self._groups = groups
        spelled = (
            f"Group {number}: {' '.join(group)}." for number, group in enumerate(groups, start=1)
        )
        self.setAccessibleName(" ".join(["Recovery code.", *spelled]))
        self.updateGeometry()
        self.update()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._palette = theme.palette
        self._code = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._code.setPixelSize(theme.px(Type.TITLE))
        self._number = QFont(self.font())
        self._number.setPixelSize(theme.px(Type.CAPTION))
        self.updateGeometry()
        self.update()

    # Geometry -----------------------------------------------------------------------------

    @property
    def _cell(self) -> QSize:
        """One group with its number and the room around them."""
        code, number = QFontMetrics(self._code), QFontMetrics(self._number)
        width = self._indent + code.horizontalAdvance("M" * GROUP)
        return QSize(width + Space.GROUP, max(code.height(), number.height()) + Space.RELATED)

    @property
    def _indent(self) -> int:
        return QFontMetrics(self._number).horizontalAdvance("9") + Space.INSIDE

    def _columns(self, width: int) -> int:
        room = width - 2 * Space.RELATED
        return max(1, min(_COLUMNS, room // self._cell.width()))

    def sizeHint(self) -> QSize:
        """Three groups to a row."""
        width = _COLUMNS * self._cell.width() + 2 * Space.RELATED
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """One group."""
        return self._cell

    def hasHeightForWidth(self) -> bool:
        """A narrow one has more rows."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height of all rows, in pixels."""
        rows = -(-len(self._groups) // self._columns(width))
        return rows * self._cell.height() + 2 * Space.RELATED

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the groups and, with the keyboard here, a ring."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(
            QPen(QColor(self._palette.focus), 2) if self.hasFocus() else Qt.PenStyle.NoPen
        )
        painter.setBrush(QColor(self._palette.code))
        ring = self.rect().adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(ring, Radius.FIELD, Radius.FIELD)
        columns, cell = self._columns(self.width()), self._cell
        step = (self.width() - 2 * Space.RELATED) // columns
        for at, group in enumerate(self._groups):
            row, column = divmod(at, columns)
            left = Space.RELATED + column * step + (step - cell.width() + Space.GROUP) // 2
            top = Space.RELATED + row * cell.height()
            self._paint_group(painter, QRect(left, top, cell.width(), cell.height()), at, group)

    def _paint_group(self, painter: QPainter, area: QRect, at: int, group: str) -> None:
        baseline = area.center().y() + QFontMetrics(self._code).capHeight() // 2
        painter.setFont(self._number)
        painter.setPen(QColor(self._palette.quiet))
        painter.drawText(area.x(), baseline, str(at + 1))
        painter.setFont(self._code)
        painter.setPen(QColor(self._palette.text))
        painter.drawText(area.x() + self._indent, baseline, group)


class CodeSheet(QWidget):
    """A new code, with what helps to keep it: copy, save.

    Args:
        code: What to show.
        theme: Colours and type.
        bridge: Tells when the file is written.
    """

    def __init__(
        self, code: RecoveryCode, theme: Theme, bridge: Bridge, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._code: RecoveryCode | None = code
        self._bridge = bridge
        self.view = CodeView(theme)
        self.view.set_groups(code.groups)
        self._copy = TextButton("Copy", "outlined")
        self._save = TextButton("Save as file…", "outlined")
        self._note = PlainLabel("", "quiet", wrap=True)
        self._note.hide()
        self._copy.clicked.connect(self._put_on_clipboard)
        self._save.clicked.connect(self._ask_where)
        buttons = FlowLayout()
        buttons.addWidget(self._copy)
        buttons.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addWidget(self.view)
        column.addLayout(buttons)
        column.addWidget(self._note)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.view.apply(theme)

    def clear(self) -> None:
        """Show the code no longer. To be called when the person goes on from here."""
        self._code = None
        self.view.set_groups(())

    def save_to(self, path: Path) -> None:
        """Write the code into a file that only this user can read."""
        if not self._code:
            return
        pool = ThreadPoolExecutor(1)  # a disk may be slow, and the window never waits
        text = _FILE.format(code=self._code.text)
        future: Future[None] = pool.submit(write_export, path, text)
        pool.shutdown(wait=False)  # its thread ends with the work
        self._bridge.then(future, lambda _: self._say(_SAVED), self._refuse)

    def _put_on_clipboard(self) -> None:
        if self._code:
            copy_secret(self._code.text)
            self._say(_COPIED)

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, "Save recovery code")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Text (*.txt)")
        dialog.setDefaultSuffix("txt")
        dialog.selectFile(_FILE_NAME)
        dialog.fileSelected.connect(lambda chosen: self.save_to(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _say(self, words: str, kind: str = "quiet") -> None:
        if isValid(self):  # the page may be gone before a slow disk has answered
            self._note.set_kind(kind)
            self._note.setText(words)
            self._note.show()
            read_out(self, words)

    def _refuse(self, error: HushError) -> None:
        self._say(error.sentence, "danger")


class CodeCheck(QWidget):
    """Fields for some of a code's groups, to be typed from what was written down.

    Args:
        code: What was shown.
        asked: Which groups, counted from 0.
        typed: What stands in the fields at first.
    """

    submitted = Signal()  # Enter in the last field

    def __init__(
        self,
        code: RecoveryCode,
        asked: Sequence[int],
        typed: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._code = code
        self._asked = tuple(asked)
        self.fields = [self._field(group) for group in self._asked]
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        for field, text in zip(self.fields, typed, strict=False):
            field.setText(text)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(Space.RELATED)
        form.setVerticalSpacing(Space.RELATED)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for group, field in zip(self._asked, self.fields, strict=True):
            label = PlainLabel(f"Group {group + 1}")
            label.setBuddy(field)
            form.addRow(label, field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addLayout(form)
        column.addWidget(self._problem)
        for field, following in zip(self.fields, self.fields[1:], strict=False):
            field.returnPressed.connect(following.setFocus)
        self.fields[-1].returnPressed.connect(self.submitted)

    def _field(self, group: int) -> QLineEdit:
        field = QLineEdit()
        field.setAccessibleName(f"Group {group + 1} of your recovery code")
        hints = Qt.InputMethodHint
        field.setInputMethodHints(
            hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhPreferUppercase
        )
        field.setPlaceholderText("Four characters")
        return field

    @property
    def typed(self) -> tuple[str, ...]:
        """What stands in the fields."""
        return tuple(field.text() for field in self.fields)

    def first_focus(self) -> None:
        """The first field that is still to be filled."""
        empty = (field for field in self.fields if not field.text())
        next(empty, self.fields[0]).setFocus(Qt.FocusReason.OtherFocusReason)

    def check(self) -> bool:
        """Whether every group is right; where one is not, say which and put the keyboard there."""
        for group, field in zip(self._asked, self.fields, strict=True):
            if not self._is_right(group, field.text()):
                self._problem.setText(_DIFFERS.format(group + 1))
                self._problem.show()
                read_out(self, self._problem.text())
                field.selectAll()
                field.setFocus(Qt.FocusReason.OtherFocusReason)
                return False
        self._problem.hide()
        return True

    def _is_right(self, group: int, typed: str) -> bool:
        """Read as the whole code is read: any case, spaces, letters that look like digits."""
        groups = list(self._code.groups)
        groups[group] = typed
        try:
            return RecoveryCode.parse("".join(groups)).text == self._code.text
        except InputRefused:
            return False

    def clear(self) -> None:
        """Forget what was typed."""
        for field in self.fields:
            field.clear()
