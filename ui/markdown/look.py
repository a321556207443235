"""The type and colours of a conversation: the tokens, at the size the person reads at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QGuiApplication, QPalette

from ui.theme.tokens import Palette, Type


@dataclass(frozen=True, slots=True)
class Look:
    """A palette and a reading size, in pixels; every other size keeps its proportion to it."""

    palette: Palette
    reading: int = Type.READING

    def scaled(self, pixels: float) -> int:
        """A type size or distance at 100 % (15 px), at this look's size."""
        return round(pixels * self.reading / Type.READING)

    def font(self, pixels: int = Type.READING, *, emphasis: bool = False) -> QFont:
        """The application's font; ``pixels`` at 100 %."""
        font = QFont(QGuiApplication.font())
        font.setPixelSize(self.scaled(pixels))
        font.setWeight(QFont.Weight(Type.EMPHASIS) if emphasis else QFont.Weight.Normal)
        return font

    def code_font(self) -> QFont:
        """The system's monospace font."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(self.scaled(Type.CODE))
        return font

    @property
    def line_height(self) -> int:
        """From one line of reading text to the next, in whole pixels: letters stay sharp."""
        return ceil(self.reading * Type.LINE_HEIGHT / 100)

    @property
    def leading(self) -> float:
        """What a line has above its letters because lines stand that far apart, in pixels."""
        return max(0.0, self.line_height - QFontMetricsF(self.font()).height())

    def column_width(self) -> int:
        """The widest column of reading text in pixels: 72 average characters."""
        metrics = QFontMetricsF(self.font())
        return round(metrics.averageCharWidth() * Type.COLUMN_CHARACTERS)

    def text_palette(self, *, quiet: bool = False) -> QPalette:
        """Colours for a text widget without a background of its own.

        The selection looks the same where the widget has no focus: it may be a search's.
        """
        return QPalette(_text_palette(self.palette, self.palette.quiet if quiet else ""))


@lru_cache(maxsize=4)  # light and dark, quiet and not: a conversation asks hundreds of times
def _text_palette(palette: Palette, text: str) -> QPalette:
    made = QPalette()
    colours = {
        QPalette.ColorRole.Text: text or palette.text,
        QPalette.ColorRole.WindowText: text or palette.text,
        QPalette.ColorRole.Link: palette.accent,
        QPalette.ColorRole.LinkVisited: palette.accent,
        QPalette.ColorRole.Highlight: palette.accent,
        QPalette.ColorRole.HighlightedText: palette.on_accent,
    }
    for role, colour in colours.items():
        made.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Base, QPalette.ColorRole.Window):
        made.setColor(role, QColor(0, 0, 0, 0))
    return made
