"""The foot of the sheet: what keeps it from being sent, and the buttons."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.chat.announce import read_out
from ui.cloud import sheet_words as words
from ui.controls import Hairline, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.theme.style import Theme
from ui.theme.tokens import Space

_LEAST: Final = 12  # characters of a host that are always shown


class SheetFoot(QWidget):
    """Stands below all that scrolls.

    Args:
        theme: Colours and type.
        later: Whether it can be kept for when there is a network.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, later: bool) -> None:
        super().__init__(parent)
        self.status = PlainLabel("", "quiet", wrap=True)
        self.status.hide()
        self.stay_button = TextButton(words.STAY, "main")
        self.later_button = TextButton(words.WHEN_ONLINE, "outlined")
        self.send_button = TextButton("", "outlined")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Hairline(theme.palette, Qt.Orientation.Horizontal))
        inner = QVBoxLayout()
        inner.setContentsMargins(Space.GROUP, Space.RELATED, Space.GROUP, Space.RELATED)
        inner.setSpacing(Space.INSIDE)
        inner.addWidget(self.status)
        buttons = FlowLayout()
        for button in (self.stay_button, self.later_button, self.send_button):
            buttons.addWidget(button)
        inner.addLayout(buttons)
        column.addLayout(inner)
        self.later_button.setVisible(later)

    def say(self, sentence: str, *, danger: bool = False) -> None:
        """Say why it cannot be sent, or what goes on; an empty sentence takes that back."""
        self.status.set_kind("danger" if danger else "quiet")
        self.status.setText(sentence)
        self.status.setVisible(bool(sentence))
        if sentence:
            read_out(self, sentence)

    def name_host(self, host: str, width: int) -> None:
        """Say whom the button sends it to: all of the host, or as much of its end as fits."""
        room = width - 2 * Space.GROUP
        self.send_button.ensurePolished()
        for said in _shorter(host):
            self.send_button.set_words(words.send(said))
            if self.send_button.sizeHint().width() <= room:
                break
        self.send_button.setAccessibleName(words.send(host))


def _shorter(host: str) -> Iterator[str]:
    """A host, then ever less of it. A port takes no room from its name: it goes first."""
    yield host
    name, colon, port = host.rpartition(":")
    if not port.isdecimal() or (":" in name and not name.endswith("]")):  # of an IPv6 address
        name, colon, port = host, "", ""
    for tail in dict.fromkeys((colon + port, "")):
        for most in range(len(name), min(_LEAST, len(name)) - 1, -1):
            yield words.short_host(name, most) + tail
