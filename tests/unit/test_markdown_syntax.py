"""Colours of code: never guessed, readable, placed as Qt counts, and polite to other threads."""

from __future__ import annotations

import itertools

import pytest
from pygments.lexers import LEXERS

from ui.markdown import syntax
from ui.markdown.syntax import Kind, colours, contrast, highlight, is_known
from ui.theme.tokens import DARK, LIGHT, Palette


def test_spans_by_line() -> None:
    """Each line has its own spans, counted from its own beginning."""
    lines = highlight('def f():\n    return "x"  # why', "python", rest=lambda: None)
    assert lines == [
        [(0, 3, Kind.KEYWORD), (4, 1, Kind.NAME)],
        [(4, 6, Kind.KEYWORD), (11, 1, Kind.STRING), (12, 1, Kind.STRING),
         (13, 1, Kind.STRING), (16, 5, Kind.COMMENT)],
    ]  # fmt: skip


def test_spans_count_as_qt_does() -> None:
    """A character beyond the basic plane is two units."""
    (line,) = highlight('"\U0001f600" # b', "python", rest=lambda: None)
    assert line[-1] == (5, 3, Kind.COMMENT)


def test_text_over_several_lines_is_one_kind() -> None:
    """A comment that spans lines colours each of them."""
    lines = highlight("/* a\nb */ int x;", "c", rest=lambda: None)
    assert lines[0] == [(0, 4, Kind.COMMENT)]
    assert lines[1][0] == (0, 4, Kind.COMMENT)


@pytest.mark.parametrize("language", ["", "text", "matlab", "klingon", "../etc", "python "])
def test_unknown_languages_are_plain(language: str) -> None:
    """What is not on the list is not looked up anywhere."""
    assert not is_known(language)


def test_every_known_language_is_built_into_pygments() -> None:
    """A name Pygments lacks would make it search other packages' plug-ins."""
    built_in = {alias for row in LEXERS.values() for alias in row[2]}
    known = syntax._LANGUAGES
    assert known <= built_in
    assert is_known("Python")


def test_long_text_is_coloured_in_part() -> None:
    """Only the first 20,000 characters are read."""
    lines = highlight("# c\n" * 10_000, "python", rest=lambda: None)
    assert len(lines) <= syntax.MAX_HIGHLIGHTED_CHARACTERS // 4 + 1


def test_slow_text_is_given_up() -> None:
    """When the time is over the rest stays plain."""
    seconds = itertools.count(step=0.6)
    lines = highlight("x = 1\n" * 100, "python", clock=lambda: next(seconds), rest=lambda: None)
    assert len(lines) < 100


def test_lexer_rests() -> None:
    """Between two slices of work other threads get their turn."""
    rests: list[None] = []
    milliseconds = itertools.count()
    highlight(
        "x = 1\n" * 20,
        "python",
        clock=lambda: next(milliseconds) / 1000,
        rest=lambda: rests.append(None),
    )
    assert len(rests) > 10


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_code_is_readable(palette: Palette) -> None:
    """Every colour stands at 4.5:1 or more on the code background, and they all differ."""
    chosen = colours(palette)
    assert set(chosen) == set(Kind)
    assert len(set(chosen.values())) == len(Kind)
    assert all(contrast(colour, palette.code) >= 4.5 for colour in chosen.values())


def test_contrast_follows_wcag() -> None:
    """The two fixed points of the definition, and one value from its literature."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
