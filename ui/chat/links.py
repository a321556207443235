"""Asks before an address is opened, and shows all of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextOption
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from assistant.net.starting import NoStarter
from ui.markdown.addresses import Address, examine
from ui.opening import Opening
from ui.theme.tokens import Space

_CHARACTERS = 64  # the dialog's width
_LINES = 4  # of the address; a longer one scrolls
_NOT_OPENED = "No program on this computer took the address. You can copy it instead."


def open_in_browser(address: str) -> bool:
    """Hand an address to the desktop's portal, and to nobody else; whether it took it."""
    return Opening(NoStarter())(address)


class LinkDialog(QDialog):
    """Shows where a link leads, in plain text, and opens it only when told to.

    Args:
        address: What a link in a message names.
        opener: Opens an address; returns whether that worked.
        parent: As Qt's.

    Raises:
        ValueError: The address is none that may be opened.
    """

    def __init__(
        self, address: str, opener: Callable[[str], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._address = examine(address)
        self._opener = opener
        self.setModal(True)
        self.setWindowTitle("Open link")
        self.setFixedWidth(self.fontMetrics().averageCharWidth() * _CHARACTERS)
        self._problem = _words("", self)
        self._problem.hide()
        self.address_field = _address_field(self._address, self)
        self.open_button = QPushButton("Open in browser", self)
        self.copy_button = QPushButton("Copy address", self)
        self.cancel_button = QPushButton("Cancel", self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        column.setContentsMargins(Space.GROUP, Space.GROUP, Space.GROUP, Space.GROUP)
        column.setSpacing(Space.RELATED)
        column.addWidget(_words(_question(self._address), self))
        column.addWidget(self.address_field)
        for warning in self._address.warnings:
            column.addWidget(_words(warning, self, emphasis=True))
        column.addWidget(self._problem)
        row = QHBoxLayout()
        row.setSpacing(Space.INSIDE)
        row.addStretch()
        for button in (self.open_button, self.copy_button, self.cancel_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        column.addLayout(row)
        self.cancel_button.setDefault(True)
        self.cancel_button.setFocus()
        self.adjustSize()

    def _connect(self) -> None:
        self.open_button.clicked.connect(self._open)
        self.copy_button.clicked.connect(self._copy)
        self.cancel_button.clicked.connect(self.reject)

    def _open(self) -> None:
        if self._opener(self._address.text):
            self.accept()
            return
        self._problem.setText(_NOT_OPENED)
        self._problem.show()
        self.adjustSize()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._address.text)
        self.accept()


def _question(address: Address) -> str:
    if address.site:
        return f"This link leads out of Hush, to the internet: {address.site}"
    return "This link opens another program on this computer."


def _words(text: str, parent: QWidget, *, emphasis: bool = False) -> QLabel:
    label = QLabel(text, parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    font = label.font()
    font.setBold(emphasis)
    label.setFont(font)
    return label


def _address_field(address: Address, parent: QWidget) -> QPlainTextEdit:
    """The complete address, to be read and selected."""
    field = QPlainTextEdit(address.text, parent)
    field.setReadOnly(True)
    field.setTabChangesFocus(True)
    field.setFrameShape(QFrame.Shape.NoFrame)
    field.setAccessibleName("Address")
    field.setProperty("kind", "field")  # the window's style
    field.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
    lines = field.fontMetrics().lineSpacing() * _LINES
    field.setFixedHeight(lines + 2 * Space.RELATED)
    return field
