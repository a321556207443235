"""The palette can be read: contrast as WCAG 2.2 measures it."""

from __future__ import annotations

from dataclasses import asdict
from itertools import product

import pytest

from ui.theme.tokens import DARK, LIGHT, Palette

TEXT = 4.5  # WCAG 2.2, 1.4.3: text of any size
CONTROL = 3.0  # WCAG 2.2, 1.4.11: focus rings, icons

GROUNDS = ("page", "list", "rail", "field", "bubble", "code", "hover", "selected")
INKS = ("text", "quiet", "accent", "danger", "throttled")


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2, definitions)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_itself() -> None:
    """Black on white is 21, a colour on itself 1, and grey #767676 just passes on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#63c2b5", "#63c2b5") == pytest.approx(1)
    assert 4.5 <= contrast("#767676", "#ffffff") < 4.6


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), list(product(INKS, GROUNDS)))
def test_text_can_be_read(palette: Palette, ink: str, ground: str) -> None:
    """Every text colour on every ground."""
    assert contrast(getattr(palette, ink), getattr(palette, ground)) >= TEXT


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_on_the_accent(palette: Palette) -> None:
    """The main button, and selected text."""
    for surface in (palette.accent, palette.danger):
        assert contrast(palette.on_accent, surface) >= TEXT


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_focus_ring_can_be_seen(palette: Palette, ground: str) -> None:
    """On whatever lies around the control."""
    assert contrast(palette.focus, getattr(palette, ground)) >= CONTROL


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_token_is_a_colour(palette: Palette) -> None:
    """``#rrggbb`` and nothing else: style sheet and icons take them as they are."""
    for colour in asdict(palette).values():
        assert len(colour) == 7
        assert colour[0] == "#"
        int(colour[1:], 16)
