"""The small parts that every page is made of: labels, buttons, hairlines."""

from __future__ import annotations

import html
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QToolButton, QToolTip, QWidget

from ui.theme.icons import Icon, icon
from ui.theme.tokens import Palette, Type

GESTURE: Final = 400
"""Milliseconds in which a second press is of the same gesture: a button that has only just come
under the pointer, and would send or delete something, cannot be pressed by it."""

_MIN_TARGET = 32  # pixels; WCAG 2.2, 2.5.8 asks for 24
_TOOLTIP_CHARACTERS = 400


def plain_tooltip(text: str) -> str:
    """``text`` so that a tooltip shows it as it is: Qt would take some texts for HTML."""
    text = text[:_TOOLTIP_CHARACTERS]
    return f"<qt>{html.escape(text)}</qt>" if "<" in text else text


def learn_nothing(field: QWidget, *, private: bool) -> None:
    """Ask input methods to keep no word that is typed into ``field`` where that is private.

    Else an on-screen keyboard or a composing input method would add it to its dictionary, a file.
    """
    hint = Qt.InputMethodHint.ImhSensitiveData
    hints = field.inputMethodHints()
    field.setInputMethodHints(hints | hint if private else hints & ~hint)


class PlainLabel(QLabel):
    """A label that never reads its text as HTML.

    Args:
        text: What it says.
        kind: Its style: ``caption``, ``quiet``, ``strong``, ``title``, ``danger`` or none.
        wrap: Whether it may take several lines.
    """

    def __init__(
        self, text: str = "", kind: str = "", parent: QWidget | None = None, *, wrap: bool = False
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setText(text)
        self.set_kind(kind)

    def set_kind(self, kind: str) -> None:
        """Change the style."""
        if self.property("kind") != kind:
            self.setProperty("kind", kind)
            self.style().unpolish(self)
            self.style().polish(self)


def centred_label(kind: str) -> PlainLabel:
    """A line in the middle of an empty place, which wraps; its words come later."""
    label = PlainLabel("", kind, wrap=True)
    label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return label


class ElidedLabel(PlainLabel):
    """One line that ends in "…" where it does not fit; the whole text is its tooltip then."""

    def __init__(self, text: str = "", kind: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, kind, parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """The whole text in one line."""
        return QSize(super().sizeHint().width(), self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(self.fontMetrics().averageCharWidth() * 4, self.fontMetrics().height())

    def event(self, event: QEvent) -> bool:
        """Show the whole text as a tooltip where it is cut."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            cut = self._shown() != self.text()
            QToolTip.showText(event.globalPos(), plain_tooltip(self.text()) if cut else "", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits."""
        del event
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self._shown())

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())


class TextButton(QPushButton):
    """A button with words. Only the keyboard gives it the focus, so its ring means the keyboard.

    Args:
        text: The words; "&" stands for itself.
        kind: Its style: ``main``, ``link``, ``row``, ``outlined``, ``caption``, ``danger`` or none.
    """

    def __init__(self, text: str, kind: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", kind)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(True)  # Enter presses the button that has the focus
        self.set_words(text)

    def set_words(self, text: str) -> None:
        """Change the words."""
        self.setText(text.replace("&", "&&"))
        self.setAccessibleName(text)


class ChoiceButton(TextButton):
    """One of several that can be chosen. As wide as its words are in bold, which say that it is.

    Args:
        text: The words; "&" stands for itself.
    """

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, "choice", parent)
        self.setCheckable(True)

    def sizeHint(self) -> QSize:
        """Room for both."""
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight(Type.EMPHASIS))
        more = QFontMetrics(bold).horizontalAdvance(
            self.text()
        ) - self.fontMetrics().horizontalAdvance(self.text())
        return super().sizeHint() + QSize(max(0, more), 0)


class IconButton(QToolButton):
    """A button with an icon. Its name is read out and shown as a tooltip.

    Args:
        drawing: The icon.
        name: What it does, in words.
        palette: Its colours; ``apply`` changes them.
        shortcut: Named in the tooltip; who binds it is ``ui/shortcuts.py``.
    """

    def __init__(
        self,
        drawing: Icon,
        name: str,
        palette: Palette,
        parent: QWidget | None = None,
        *,
        shortcut: str = "",
    ) -> None:
        super().__init__(parent)
        self._drawing = drawing
        self._shortcut = shortcut
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumSize(_MIN_TARGET, _MIN_TARGET)
        self.setIconSize(QSize(20, 20))
        self.set_name(name)
        self.apply(palette)

    def set_name(self, name: str) -> None:
        """Say something else that it does."""
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({self._shortcut})" if self._shortcut else name)

    def apply(self, palette: Palette) -> None:
        """Take the colours of another palette."""
        colour = palette.on_accent if self.property("kind") == "main" else palette.quiet
        self.setIcon(icon(self._drawing, colour, checked=palette.accent, disabled=palette.quiet))


class Hairline(QWidget):
    """A line of one device pixel between two areas."""

    def __init__(
        self, palette: Palette, orientation: Qt.Orientation, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._vertical = orientation is Qt.Orientation.Vertical
        if self._vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)
        self.apply(palette)

    def apply(self, palette: Palette) -> None:
        """Take the colours of another palette."""
        self._colour = QColor(palette.hairline)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a line of width 0, which Qt makes one device pixel on every screen."""
        del event
        painter = QPainter(self)
        painter.setPen(QPen(self._colour, 0))
        if self._vertical:
            painter.drawLine(0, 0, 0, self.height())
        else:
            painter.drawLine(0, 0, self.width(), 0)
