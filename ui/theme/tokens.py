"""Every colour, distance and type size of the window, light and dark. No other file names one.

Contrast: each text colour stands at 4.5:1 or more on each background it is used on
(WCAG 2.2, 1.4.3); ``tests/unit/test_tokens.py`` measures it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours as ``#rrggbb``."""

    page: str  # where one reads
    list: str  # the list beside it
    rail: str  # the rail at the edge
    field: str  # composer and inputs
    bubble: str  # the person's own message
    code: str  # code blocks
    hover: str  # a row or button under the pointer
    selected: str  # the chosen row
    hairline: str  # one device pixel between areas
    text: str
    quiet: str  # captions, secondary text
    accent: str  # one quiet teal: links, focus, the main button
    on_accent: str  # text on an accent surface
    danger: str  # destruction and failure only
    throttled: str  # slowed down only
    focus: str  # the focus ring
    hue_red: str  # hues: a tag's colour, as a dot; never text
    hue_orange: str
    hue_yellow: str
    hue_green: str
    hue_teal: str
    hue_blue: str
    hue_violet: str
    hue_pink: str
    hue_grey: str


LIGHT = Palette(
    page="#ffffff",
    list="#f6f7f7",
    rail="#eef0f0",
    field="#ffffff",
    bubble="#eef4f3",
    code="#f4f6f6",
    hover="#e9edec",
    selected="#dfe9e7",
    hairline="#d9dfde",
    text="#1a1f1f",
    quiet="#525c5c",
    accent="#0b6b63",
    on_accent="#ffffff",
    danger="#b3261e",
    throttled="#7a4f00",
    focus="#0b6b63",
    hue_red="#c0392b",
    hue_orange="#b85c00",
    hue_yellow="#947000",
    hue_green="#2e7d32",
    hue_teal="#0b6b63",
    hue_blue="#2563b0",
    hue_violet="#7447b8",
    hue_pink="#b03a7a",
    hue_grey="#6b7575",
)

DARK = Palette(
    page="#17191a",
    list="#1c1f20",
    rail="#131516",
    field="#1f2324",
    bubble="#202a29",
    code="#1f2425",
    hover="#262b2c",
    selected="#263432",
    hairline="#303636",
    text="#e5e9e8",
    quiet="#a2adac",
    accent="#63c2b5",
    on_accent="#0d1716",
    danger="#ff8f85",
    throttled="#e5b455",
    focus="#63c2b5",
    hue_red="#f0796c",
    hue_orange="#eb9a4b",
    hue_yellow="#dcc04f",
    hue_green="#7cc47f",
    hue_teal="#63c2b5",
    hue_blue="#7fb0f0",
    hue_violet="#b79bee",
    hue_pink="#ea8fc0",
    hue_grey="#a2adac",
)


class Space:
    """Distances in device-independent pixels, on a grid of 4."""

    HALF = 4
    INSIDE = 8  # inside controls
    RELATED = 12  # between related things
    GROUP = 24  # between groups
    MARGIN = 32  # around the page


class Radius:
    """Corner radii."""

    FIELD = 8
    BUTTON = 6


class Type:
    """Type sizes in pixels at 100 %, and weights."""

    CAPTION = 11
    INTERFACE = 13
    READING = 15
    TITLE = 20
    CODE = 13
    LINE_HEIGHT = 150  # per cent, reading text
    EMPHASIS = 600
    COLUMN_CHARACTERS = 72  # widest column of reading text
