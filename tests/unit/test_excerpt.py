"""What a long question shows at first, and how its text is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ui.chat.excerpt import LINES, excerpt, pieces


def test_short_text_is_whole() -> None:
    """Up to a few lines more than the limit there is nothing worth hiding."""
    assert excerpt("one line") is None
    assert excerpt("line\n" * (LINES + 3)) is None


def test_many_lines_show_twelve() -> None:
    """The first twelve, and a sign that there is more."""
    shown = excerpt("".join(f"line {number}\n" for number in range(40)))
    assert shown is not None
    assert shown.splitlines()[-1] == "line 11 …"


def test_long_line_counts_as_many() -> None:
    """A paragraph of 4,000 characters is cut between two words."""
    shown = excerpt("word " * 800)
    assert shown is not None
    assert 700 < len(shown) < 900
    assert set(shown.split()) == {"word", "…"}


@given(st.text(st.characters(codec="utf-8"), max_size=3_000))
def test_excerpt_is_a_beginning(text: str) -> None:
    """What is shown is how the text begins, and not all of it."""
    shown = excerpt(text)
    if shown is not None:
        beginning = shown.removesuffix(" …")
        assert text.startswith(beginning)
        assert len(beginning) < len(text)


@given(st.text("ab \n", max_size=500), st.integers(1, 50))
def test_pieces_keep_every_letter(text: str, size: int) -> None:
    """Only the blank or line end at a cut goes; no piece is too long."""
    parts = list(pieces(text, size))
    assert all(len(part) <= size for part in parts)
    assert "".join(parts).replace(" ", "").replace("\n", "") == text.replace(" ", "").replace(
        "\n", ""
    )


def test_pieces_are_cut_at_line_ends() -> None:
    """A line's end is a better place than a blank, a blank better than a word."""
    assert list(pieces("aaaa bbbb\ncccc dddd", 12)) == ["aaaa bbbb", "cccc dddd"]
    assert list(pieces("aaaa bbbb cccc", 12)) == ["aaaa bbbb", "cccc"]
    assert list(pieces("a" * 5, 2)) == ["aa", "aa", "a"]
