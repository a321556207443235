"""Line icons, drawn for Hush as SVG and coloured from the tokens. No icon fonts.

Each is drawn in a box of 24 with a stroke of 1.6, so that it reads at 20 pixels beside 13 pixel
text. ``{ink}`` fills what is solid.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from ui.theme.tokens import LIGHT

_DEVICE_PIXEL_RATIOS: Final = (1, 2, 3)  # 1.25 and 1.5 are scaled down from 2 by Qt


class Icon(StrEnum):
    """What there is; the value is the drawing."""

    CHATS = '<path d="M12 4a8 8 0 0 0-7 11.9L4 20l4.1-1A8 8 0 1 0 12 4z"/>'
    SETTINGS = (
        '<path d="M4 7h8m6 0h2M4 17h2m6 0h8"/><circle cx="15" cy="7" r="2.6"/>'
        '<circle cx="9" cy="17" r="2.6"/>'
    )
    MODELS = '<path d="m12 3.5 8 4.2-8 4.2-8-4.2zM4.5 12l7.5 4 7.5-4M4.5 16.2l7.5 4 7.5-4"/>'
    METRICS = '<path d="M4.5 4.5v15h15M8 15l3.5-4.5 3 2.5L19 7"/>'
    SEARCH = '<circle cx="11" cy="11" r="6"/><path d="m15.5 15.5 4.5 4.5"/>'
    PLUS = '<path d="M12 5v14M5 12h14"/>'
    CLOSE = '<path d="m6.5 6.5 11 11m0-11-11 11"/>'
    UP = '<path d="m6 14.5 6-6 6 6"/>'
    DOWN = '<path d="m6 9.5 6 6 6-6"/>'
    SEND = '<path d="M12 19V5.5m-5.5 6L12 5.5l5.5 6"/>'
    STOP = '<rect x="6" y="6" width="12" height="12" rx="1.5" fill="{ink}"/>'
    MORE = (
        '<g fill="{ink}" stroke="none"><circle cx="5.5" cy="12" r="1.6"/>'
        '<circle cx="12" cy="12" r="1.6"/><circle cx="18.5" cy="12" r="1.6"/></g>'
    )
    SHIELD = '<path d="M12 3.5 5 6v5.5c0 4.3 2.9 7.4 7 9 4.1-1.6 7-4.7 7-9V6z"/>'
    LOCK = (
        '<rect x="5" y="10.5" width="14" height="9.5" rx="2"/>'
        '<path d="M8 10.5V8a4 4 0 0 1 8 0v2.5"/>'
    )
    PRIVATE = (
        '<path d="M2.8 12S6.2 6 12 6s9.2 6 9.2 6-3.4 6-9.2 6-9.2-6-9.2-6z'
        'M14.6 12a2.6 2.6 0 1 1-5.2 0 2.6 2.6 0 0 1 5.2 0zM4.5 19.5l15-15"/>'
    )
    KEY = (  # one path: where strokes of two meet, the colour would differ
        '<path d="M12 16a4 4 0 1 1-8 0 4 4 0 1 1 8 0zM10.9 13.1l8.6-8.6'
        'M16 8l2.8 2.8M13.2 10.8l1.9 1.9"/>'
    )
    LAPTOP = '<rect x="5" y="5" width="14" height="10" rx="1.5"/><path d="M2.5 18.5h19"/>'
    WARNING = '<path d="M12 4 2.8 19.5h18.4zM12 10v4.5m0 2.4v.2"/>'
    COLD = '<circle cx="12" cy="12" r="4.5"/>'
    LOADING = '<circle cx="12" cy="12" r="4.5"/><path d="M12 7.5a4.5 4.5 0 0 1 0 9z" fill="{ink}"/>'
    WARM = '<circle cx="12" cy="12" r="4.5" fill="{ink}"/>'
    FAILED = '<path d="m7 7 10 10m0-10L7 17"/>'
    FULL_POWER = (
        '<rect x="3.5" y="13" width="4" height="6" rx="1" fill="{ink}"/>'
        '<rect x="10" y="9" width="4" height="10" rx="1" fill="{ink}"/>'
        '<rect x="16.5" y="5" width="4" height="14" rx="1" fill="{ink}"/>'
    )
    SLOWER = (
        '<rect x="3.5" y="13" width="4" height="6" rx="1" fill="{ink}"/>'
        '<rect x="10" y="9" width="4" height="10" rx="1"/>'
        '<rect x="16.5" y="5" width="4" height="14" rx="1"/>'
    )
    PAUSED = (
        '<rect x="6" y="5" width="4" height="14" rx="1" fill="{ink}"/>'
        '<rect x="14" y="5" width="4" height="14" rx="1" fill="{ink}"/>'
    )
    BACKGROUND = '<path d="m5 6.5 5.5 5.5L5 17.5M12.5 6.5 18 12l-5.5 5.5"/>'
    PIN = '<path d="M9 4h6M10 4v6l-3 4h10l-3-4V4M12 14v6"/>'
    NOTE = '<path d="M6 3.5h8.5L18.5 8v12.5H6zM14.5 3.5V8h4M9 12.5h6.5M9 16h4.5"/>'
    PANEL = '<rect x="3.5" y="5" width="17" height="14" rx="2"/><path d="M14.5 5v14"/>'
    IMPORT = '<path d="M12 4v10m-4.5-4L12 14.5 16.5 10M4.5 15.5v4h15v-4"/>'
    TAG = (
        '<path d="M4 4h7.5l8.2 8.2a1.4 1.4 0 0 1 0 2l-5.5 5.5a1.4 1.4 0 0 1-2 0L4 11.5z"/>'
        '<circle cx="8" cy="8" r="1.3" fill="{ink}" stroke="none"/>'
    )
    COMMAND = '<path d="m9.5 6 6 6-6 6"/>'
    FOLDER = '<path d="M3.5 6h6l2 2.5h9V18.5h-17z"/>'
    FILE = '<path d="M6 3.5h8.5L18.5 8v12.5H6zM14.5 3.5V8h4"/>'


_CRESCENT: Final = (
    "M130 52A74 74 0 0 0 61 154l-7 41a7 7 0 0 0 8 8L102 195A74 74 0 0 0 204 130A54 54 0 0 1 130 52z"
)

APP_ICON: Final = f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256">
  <rect x="16" y="16" width="224" height="224" rx="52" fill="{LIGHT.accent}"/>
  <path d="{_CRESCENT}" fill="{LIGHT.list}"/>
</svg>
"""
"""A speech bubble that is a crescent: what is said here stays in the quiet of the night.
``packaging/hush.svg`` is the same drawing, for the desktop."""


def icon(
    drawing: Icon, colour: str, *, checked: str = "", disabled: str = "", size: int = 20
) -> QIcon:
    """An icon for a button, in the colours of its states.

    Args:
        drawing: Which.
        colour: A token's value.
        checked: The colour while the button is checked; empty for the same.
        disabled: The colour while it is disabled; empty for the same.
        size: Its edge in device-independent pixels.
    """
    made = QIcon()
    for ratio in _DEVICE_PIXEL_RATIOS:
        for mode, state, ink in (
            (QIcon.Mode.Normal, QIcon.State.Off, colour),
            (QIcon.Mode.Normal, QIcon.State.On, checked or colour),
            (QIcon.Mode.Disabled, QIcon.State.Off, disabled or colour),
        ):
            made.addPixmap(pixmap(drawing, ink, size, ratio), mode, state)
    return made


def pixmap(drawing: Icon, colour: str, size: int, ratio: float) -> QPixmap:
    """An icon as a picture, for a label; ``ratio`` is the screen's device pixel ratio."""
    body = drawing.value.replace("{ink}", colour)
    return _render(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g fill="none" '
        f'stroke="{colour}" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">'
        f"{body}</g></svg>",
        size,
        ratio,
    )


def app_icon() -> QIcon:
    """The program's own icon, for the window and the task bar."""
    made = QIcon()
    for edge in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(_render(APP_ICON, edge, 1))
    return made


def app_mark(size: int, ratio: float) -> QPixmap:
    """The program's own icon as a picture in a page, without the margin that desktops want."""
    return _render(APP_ICON.replace("0 0 256 256", "16 16 224 224"), size, ratio)


def _render(svg: str, size: int, ratio: float) -> QPixmap:
    """Draw it, or take it from Qt's own store of pictures: chips and the status line ask often."""
    name = f"{size} {ratio} {svg}"
    picture = QPixmap()
    if not QPixmapCache.find(name, picture):
        picture = _drawn(svg, size, ratio)
        QPixmapCache.insert(name, picture)
    return picture


def _drawn(svg: str, size: int, ratio: float) -> QPixmap:
    picture = QPixmap(QSize(size, size) * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(Qt.GlobalColor.transparent))
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return picture
