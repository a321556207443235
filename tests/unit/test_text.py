"""Text at the door: what is kept, what is replaced, what is printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text import clean, for_terminal, title_from


@given(st.text())
def test_cleaned_text_can_be_stored_and_is_stable(text: str) -> None:
    """Cleaning twice changes nothing; the result is UTF-8 without NUL."""
    once = clean(text)
    assert clean(once) == once
    assert b"\0" not in once.encode()


@pytest.mark.parametrize("text", ["שלום", "👩\u200d👩\u200d👧", "e\u0301", "\u200fabc", "a\tb\n"])
def test_clean_keeps_what_people_write(text: str) -> None:
    """Right-to-left, joined emoji, combining marks, tabs."""
    assert clean(text) == text


def test_clean_replaces_what_cannot_be_stored() -> None:
    """NUL and lone surrogates become visible; nothing else is lost."""
    assert clean("a\0b\ud800c\r\nd\re") == "a\ufffdb\ufffdc\nd\ne"


@given(st.text())
def test_titles_are_one_short_line(text: str) -> None:
    """Whatever the first message, the title fits into the list."""
    title = title_from(clean(text))
    assert len(title) <= 60
    assert title == title.strip()
    assert len(title.splitlines()) <= 1


def test_title_is_the_first_line_cut_at_a_word() -> None:
    """The cut falls between words."""
    title = title_from(
        "\n\nPlease write a long letter to my landlord about the broken heating\nToday"
    )
    assert title == "Please write a long letter to my landlord about the broken…"


@given(st.text())
def test_nothing_printed_drives_the_terminal(text: str) -> None:
    """No escape, no C1 control, no override reaches the screen."""
    printed = for_terminal(text)
    assert not set(printed) & {chr(c) for c in (*range(9), *range(11, 32), *range(127, 160))}
    assert "\u202e" not in printed
