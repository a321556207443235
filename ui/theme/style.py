"""The look of the window, made from the tokens: one theme, one style sheet, one Qt palette.

Only the window's own controls are styled here. The conversation paints itself (``ui/chat``), so
no rule may name a bare ``QWidget``, ``QTextBrowser`` or ``QToolButton``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from ui.markdown.look import Look
from ui.theme.tokens import DARK, LIGHT, Palette, Radius, Space, Type

_LARGEST_DEFAULT: Final = 15
"""Pixels. Desktops begin with system fonts of 12 to 15 (Windows, macOS, KDE, GNOME): all of these
count as 100 %; a larger one is the person's choice. Whole-display scaling is Qt's own business."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Everything a widget needs to draw itself.

    Args:
        palette: Light or dark.
        scale: The system's text size; 1 is 100 %.
        reading: Reading text in pixels at 100 %: the person's own choice.
    """

    palette: Palette
    scale: float = 1.0
    reading: int = Type.READING

    def px(self, size: float) -> int:
        """A type size at 100 %, in pixels at the system's text size."""
        return round(size * self.scale)

    @property
    def look(self) -> Look:
        """The type and colours of a conversation."""
        return Look(self.palette, self.px(self.reading))

    @property
    def column_width(self) -> int:
        """The widest text column in pixels: the composer stands under the text it answers."""
        return self.look.column_width()


def system_theme(reading: int = Type.READING) -> Theme:
    """The theme that the system asks for right now: dark or light, and its text size."""
    dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    pixels = QFontInfo(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)).pixelSize()
    scale = pixels / Type.INTERFACE if pixels > _LARGEST_DEFAULT else 1.0
    return Theme(DARK if dark else LIGHT, scale, reading)


def dress(application: QApplication, theme: Theme) -> None:
    """Give the whole application this theme. Widgets with icons take it in their ``apply``."""
    font = application.font()
    font.setPixelSize(theme.px(Type.INTERFACE))
    application.setFont(font)
    application.setPalette(qt_palette(theme.palette))
    application.setStyleSheet(style_sheet(theme))


def qt_palette(palette: Palette) -> QPalette:
    """The tokens as Qt's colour roles, for what Qt draws by itself: text, selections, menus."""
    role = QPalette.ColorRole
    colours = {
        role.Window: palette.page,
        role.WindowText: palette.text,
        role.Base: palette.field,
        role.AlternateBase: palette.list,
        role.Text: palette.text,
        role.PlaceholderText: palette.quiet,
        role.Button: palette.list,
        role.ButtonText: palette.text,
        role.Highlight: palette.accent,
        role.HighlightedText: palette.on_accent,
        role.Accent: palette.accent,
        role.Link: palette.accent,
        role.LinkVisited: palette.accent,
        role.ToolTipBase: palette.list,
        role.ToolTipText: palette.text,
    }
    made = QPalette()
    for key, colour in colours.items():
        made.setColor(key, QColor(colour))
    for key in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, key, QColor(palette.quiet))
    return made


def style_sheet(theme: Theme) -> str:
    """The style sheet of the window's own controls."""
    return _SHEET.substitute(
        asdict(theme.palette),
        caption_size=theme.px(Type.CAPTION),
        interface_size=theme.px(Type.INTERFACE),
        title_size=theme.px(Type.TITLE),
        reading_size=theme.px(theme.reading),
        code_family=QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family(),
        code_size=theme.px(Type.CODE),
        emphasis=Type.EMPHASIS,
        half=Space.HALF,
        inside=Space.INSIDE,
        related=Space.RELATED,
        field_radius=Radius.FIELD,
        button_radius=Radius.BUTTON,
    )


_SHEET: Final = Template("""
#page, #fullPage { background: $page; }
#list { background: $list; }
#rail, #status { background: $rail; }

PlainLabel { color: $text; }
PlainLabel[kind="caption"] { color: $quiet; font-size: ${caption_size}px; }
PlainLabel[kind="quiet"] { color: $quiet; }
PlainLabel[kind="strong"] { font-weight: $emphasis; }
PlainLabel[kind="title"] { font-size: ${title_size}px; font-weight: $emphasis; }
PlainLabel[kind="suggested"] {
    color: $accent; font-size: ${title_size}px; font-weight: $emphasis; font-style: italic;
}
PlainLabel[kind="danger"] { color: $danger; }
PlainLabel[kind="code"] { font-family: "$code_family"; font-size: ${code_size}px; }

QPushButton {
    color: $text; background: transparent; border: 2px solid transparent;
    border-radius: ${button_radius}px; padding: ${half}px ${inside}px; text-align: center;
}
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $selected; }
QPushButton:disabled { color: $quiet; }
QPushButton[kind="main"] {
    color: $on_accent; background: $accent; border-color: $accent; font-weight: $emphasis;
    padding: ${inside}px 16px;
}
QPushButton[kind="main"]:disabled {
    color: $quiet; background: $hover; border-color: $hover;
}
QPushButton[kind="destroy"] {
    color: $on_accent; background: $danger; border-color: $danger; font-weight: $emphasis;
    padding: ${inside}px 16px;
}
QPushButton[kind="destroy"]:disabled {
    color: $quiet; background: $hover; border-color: $hover;
}
QPushButton[kind="link"] { color: $accent; font-weight: $emphasis; }
QPushButton[kind="row"] { text-align: left; padding: ${inside}px; }
QPushButton[kind="outlined"] { border: 1px solid $hairline; padding: 7px ${related}px; }
QPushButton[kind="caption"] { color: $quiet; font-size: ${caption_size}px; padding: 2px 6px; }
QPushButton[kind="danger"] { color: $danger; font-size: ${caption_size}px; padding: 2px 6px; }
QPushButton[kind="throttled"] {
    color: $throttled; font-size: ${caption_size}px; padding: 2px 6px;
}
QPushButton[kind="choice"] {
    color: $quiet; border: 1px solid $hairline; padding: 7px ${related}px;
}
QPushButton[kind="choice"]:checked {
    color: $accent; background: $selected; border-color: $accent; font-weight: $emphasis;
}
QPushButton:focus, QPushButton[kind="outlined"]:focus { border: 2px solid $focus; }
QPushButton[kind="outlined"]:focus { padding: 6px 11px; }
QPushButton[kind="choice"]:focus { border: 2px solid $focus; padding: 6px 11px; }
QPushButton[kind="main"]:focus, QPushButton[kind="destroy"]:focus { border-color: $text; }

IconButton {
    background: transparent; border: 2px solid transparent; border-radius: ${button_radius}px;
}
IconButton:hover { background: $hover; }
IconButton:pressed, IconButton:checked { background: $selected; }
IconButton:focus { border-color: $focus; }
IconButton::menu-indicator { image: none; }
IconButton[kind="main"] { background: $accent; }
IconButton[kind="main"]:focus { border-color: $text; }
IconButton[kind="main"]:disabled { background: $hover; }

QLineEdit, QPlainTextEdit[kind="field"] {
    color: $text; background: $field; border: 1px solid $hairline;
    border-radius: ${field_radius}px; padding: 7px; placeholder-text-color: $quiet;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit:focus, QPlainTextEdit[kind="field"]:focus { border: 2px solid $focus; padding: 6px; }
QLineEdit[kind="title"] {
    padding: 0 6px; font-size: ${title_size}px; font-weight: $emphasis;
}
QLineEdit[kind="cell"] { border-radius: ${button_radius}px; padding: 0 5px; }
QPlainTextEdit[kind="part"] {
    color: $text; background: transparent; border: 2px solid transparent;
    border-radius: ${field_radius}px; padding: 6px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QPlainTextEdit[kind="part"]:hover { background: $list; }
QPlainTextEdit[kind="part"]:focus { border-color: $focus; }
QPlainTextEdit[kind="composer"] {
    background: transparent; border: none; padding: 0; font-size: ${reading_size}px;
}

QLineEdit[kind="search"] { font-size: ${reading_size}px; padding: ${inside}px; }
QLineEdit[kind="search"]:focus { padding: 7px; }
QLineEdit[kind="picker"], QLineEdit[kind="picker"]:focus {
    background: transparent; border: none; padding: ${half}px ${inside}px;
    font-size: ${reading_size}px;
}

QLineEdit[kind="tag"] {
    background: transparent; border: 2px solid transparent; padding: 1px 4px 1px 0;
    font-size: ${caption_size}px;
}
QLineEdit[kind="tag"]:focus { border-color: $focus; }
QPlainTextEdit[kind="note"] { background: transparent; border: none; padding: 0; }
#chip { background: $hover; border-radius: ${button_radius}px; }
QPushButton[kind="chip"] {
    color: $accent; font-size: ${caption_size}px; padding: 2px ${half}px 2px 6px;
}

QListView { background: $list; border: none; outline: none; }
QListView[kind="picker"] { background: $field; }
QListView[kind="hits"] { background: $page; }
QScrollArea[kind="page"] { background: $page; border: none; }

#notice { background: $list; border: 1px solid $hairline; border-radius: ${field_radius}px; }
#result, #recommended {
    background: $list; border: 1px solid $hairline; border-radius: ${field_radius}px;
}
#notice[kind="danger"] { border-left: 3px solid $danger; }
#popover { background: $field; border: 1px solid $hairline; border-radius: ${field_radius}px; }

QMenu {
    background: $page; border: 1px solid $hairline; border-radius: ${field_radius}px;
    padding: ${half}px;
}
QMenu::item {
    color: $text; padding: ${inside}px 16px; border-radius: ${button_radius}px;
}
QMenu::item:selected { background: $hover; }
QMenu::item:disabled { color: $quiet; }
QMenu::separator { height: 1px; background: $hairline; margin: ${half}px; }
QToolTip {
    color: $text; background: $list; border: 1px solid $hairline; padding: ${half}px;
    font-size: ${interface_size}px;
}

QScrollBar:vertical { background: transparent; width: ${related}px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: ${related}px; margin: 0; }
QScrollBar::handle { background: $hairline; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
""")
