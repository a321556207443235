"""Icons, style sheet and small parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent, QIcon, QImage, QRegion
from PySide6.QtWidgets import QToolTip, QWidget
from pytestqt.qtbot import QtBot

from ui.controls import ElidedLabel, Hairline, PlainLabel, TextButton, plain_tooltip
from ui.theme.icons import APP_ICON, Icon, app_icon, app_mark, icon, pixmap
from ui.theme.style import Theme, qt_palette, style_sheet, system_theme
from ui.theme.tokens import DARK, LIGHT, Palette

ROOT = Path(__file__).parent.parent.parent


def inked(image: QImage) -> set[str]:
    """The opaque colours of a picture."""
    return {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }


@pytest.mark.parametrize("drawing", list(Icon))
def test_every_icon_draws_in_its_colour(qtbot: QtBot, drawing: Icon) -> None:
    """Something is there, and in no colour but the one that was asked for."""
    assert inked(pixmap(drawing, "#b3261e", 40, 2).toImage()) == {"#b3261e"}


def test_icons_show_states(qtbot: QtBot) -> None:
    """A checked button's icon takes the other colour."""
    made = icon(Icon.CHATS, "#000000", checked="#ff0000", disabled="#00ff00", size=40)
    size = made.availableSizes()[0]
    states = [
        (QIcon.Mode.Normal, QIcon.State.Off, "#000000"),
        (QIcon.Mode.Normal, QIcon.State.On, "#ff0000"),
        (QIcon.Mode.Disabled, QIcon.State.Off, "#00ff00"),
    ]
    for mode, state, colour in states:
        assert inked(made.pixmap(size, mode, state).toImage()) == {colour}


def test_an_icon_is_drawn_once(qtbot: QtBot) -> None:
    """The same picture again; another colour, size or screen has its own."""
    first = pixmap(Icon.SEARCH, LIGHT.text, 20, 2.0)
    again = pixmap(Icon.SEARCH, LIGHT.text, 20, 2.0)
    assert again.cacheKey() == first.cacheKey()
    assert again.devicePixelRatio() == 2.0
    others = ((LIGHT.quiet, 20, 2.0), (LIGHT.text, 16, 2.0), (LIGHT.text, 20, 1.0))
    keys = {pixmap(Icon.SEARCH, *other).cacheKey() for other in others}
    assert len(keys - {first.cacheKey()}) == 3


def test_the_app_icon_is_the_packaged_one() -> None:
    """One drawing, for the window and for the desktop's menu."""
    assert (ROOT / "packaging" / "hush.svg").read_text() == APP_ICON


def test_the_app_icon_has_the_usual_sizes(qtbot: QtBot) -> None:
    """From a title bar's 16 to a dock's 256 pixels; the mark in pages has no margin."""
    sizes = {size.width() for size in app_icon().availableSizes()}
    assert {16, 32, 48, 256} <= sizes
    mark = app_mark(56, 1).toImage()
    assert mark.pixelColor(28, 0).name() == LIGHT.accent


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_style_sheet_names_only_tokens(palette: Palette) -> None:
    """Every placeholder is filled, and no colour comes from anywhere else."""
    sheet = style_sheet(Theme(palette))
    assert "$" not in sheet
    named = {word.strip(";") for word in sheet.split() if word.startswith("#") and len(word) >= 7}
    colours = {word for word in named if all(c in "0123456789abcdef" for c in word[1:])}
    assert colours
    assert colours <= set(asdict(palette).values())


def test_text_scale_reaches_every_size() -> None:
    """Twice as large, every type size doubles."""
    once, twice = style_sheet(Theme(LIGHT)), style_sheet(Theme(LIGHT, scale=2.0))
    for size in (11, 13, 15, 20):
        assert f"font-size: {size}px" in once
        assert f"font-size: {2 * size}px" in twice


def test_qts_own_colours_are_tokens(qtbot: QtBot) -> None:
    """What Qt draws by itself fits in."""
    made = qt_palette(DARK)
    assert made.color(made.ColorRole.Window) == QColor(DARK.page)
    assert made.color(made.ColorRole.PlaceholderText) == QColor(DARK.quiet)
    assert made.color(made.ColorGroup.Disabled, made.ColorRole.Text) == QColor(DARK.quiet)
    assert len(fields(Palette)) == len(asdict(DARK))


def test_the_systems_theme(qtbot: QtBot) -> None:
    """Light or dark, at a sensible scale, with the person's reading size."""
    theme = system_theme(reading=21)
    assert theme.palette in {LIGHT, DARK}
    assert 1.0 <= theme.scale < 4.0
    assert theme.reading == 21
    assert theme.column_width > 300


@pytest.mark.parametrize("text", ["<b>bold</b>", "<img src='file:///etc/passwd'>", "a < b & c"])
def test_tooltips_show_text_as_it_is(text: str) -> None:
    """What looks like HTML is escaped, so Qt shows it and loads nothing."""
    shown = plain_tooltip(text)
    assert "<img" not in shown
    assert "<b>" not in shown
    assert plain_tooltip("plain & simple") == "plain & simple"


def test_labels_show_text_as_it_is(qtbot: QtBot) -> None:
    """A title may look like HTML."""
    label = PlainLabel("<b>x</b>")
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText


@pytest.mark.qt_log_ignore("This plugin does not support")  # tooltips, on the offscreen platform
def test_a_cut_title_is_whole_in_its_tooltip(show_alone: Callable[[QWidget], None]) -> None:
    """Only where it is cut."""
    label = ElidedLabel("A title that is far too long for this")
    show_alone(label)
    for width, wanted in ((600, ""), (60, label.text())):
        label.resize(width, 30)
        place = label.mapToGlobal(QPoint(5, 5))
        label.event(QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(5, 5), place))
        assert QToolTip.text() == wanted


def test_an_ampersand_is_no_shortcut(qtbot: QtBot) -> None:
    """Words on a button are words."""
    button = TextButton("Salt & pepper")
    qtbot.addWidget(button)
    assert button.text() == "Salt && pepper"
    assert button.accessibleName() == "Salt & pepper"


@pytest.mark.parametrize("ratio", [1, 2])
def test_a_hairline_is_one_device_pixel(qtbot: QtBot, ratio: int) -> None:
    """On a dense screen too."""
    line = Hairline(LIGHT, Qt.Orientation.Horizontal)
    qtbot.addWidget(line)
    line.resize(10, 1)
    image = QImage(10 * ratio, ratio, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    line.render(image, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    rows = [image.pixelColor(5, y).name() for y in range(ratio) if image.pixelColor(5, y).alpha()]
    assert rows == [LIGHT.hairline]
