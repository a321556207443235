"""A secret on the clipboard: clipboard managers are asked to pass it over; it goes by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QByteArray, QCoreApplication, QMimeData, QObject, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit

from ui.chat.reader import as_plain_text

SECRET_MILLISECONDS: Final = 60_000
"""How long a secret may lie on the clipboard: time to paste it once."""

# What clipboard managers look at, as KeePassXC sets it: KDE's Klipper, macOS, Windows.
_HINTS: Final = (
    ("x-kde-passwordManagerHint", b"secret"),
    ("application/x-nspasteboard-concealed-type", b"1"),
    (
        'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"',
        b"\x01\x00\x00\x00",
    ),
)


class _Source(QPlainTextEdit):
    """Gives a text to the clipboard in Qt's own object: one made here would be freed twice."""

    def createMimeDataFromSelection(self) -> QMimeData:
        data = as_plain_text(super().createMimeDataFromSelection())
        for form, value in _HINTS:
            data.setData(form, QByteArray(value))
        return data


class SecretCopy(QObject):
    """One secret on the clipboard, for a while.

    Belongs to the application, so it outlives any page: to the clipboard it could not, whose own
    Python object may go at any time and takes those of its children along. The secret also goes
    when the program ends. Only a digest of it is kept meanwhile.

    Args:
        secret: What to copy.
        clipboard: Where to.
        milliseconds: How long it may lie there.
        owns: Whether what lies there is still of this process. Another program's is not even
            looked at: asking one that hangs would stop the window.
    """

    def __init__(
        self,
        secret: str,
        clipboard: QClipboard,
        milliseconds: int = SECRET_MILLISECONDS,
        owns: Callable[[], bool] | None = None,
    ) -> None:
        application = QCoreApplication.instance()
        super().__init__(application)
        self._clipboard = clipboard
        self._owns = owns or clipboard.ownsClipboard
        self._digest = _digest(secret)
        source = _Source(secret)
        source.selectAll()
        source.copy()
        self._timer = QTimer(self, singleShot=True, interval=milliseconds)
        self._timer.timeout.connect(self.forget)
        self._timer.start()
        if application:
            application.aboutToQuit.connect(self.forget)

    def forget(self) -> None:
        """Clear the clipboard, where the secret still lies on it."""
        if self._owns() and _digest(self._clipboard.text()) == self._digest:
            self._clipboard.clear()
        self.withdraw()

    def withdraw(self) -> None:
        """Watch over it no longer: another copy does."""
        self._timer.stop()
        self.deleteLater()


def copy_secret(secret: str) -> SecretCopy:
    """Put a secret on the system's clipboard for a minute, counted from the last copy."""
    application = QCoreApplication.instance()
    for earlier in application.findChildren(SecretCopy) if application else ():
        earlier.withdraw()
    return SecretCopy(secret, QGuiApplication.clipboard())


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
