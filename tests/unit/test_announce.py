"""A streaming answer is read out sentence by sentence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ui.chat.announce import SentenceReader


def test_only_whole_sentences_are_read() -> None:
    """A sentence is read once it is over; the rest at the end."""
    reader = SentenceReader()
    assert reader.feed("Take a hat. It may r") == ["Take a hat."]
    assert reader.feed("ain! And") == ["It may rain!"]
    assert reader.finish() == ["And"]
    assert reader.finish() == []


def test_marks_are_not_read() -> None:
    """Nobody wants to hear asterisks."""
    assert SentenceReader().feed("## A **bold** word\n- `code`\n") == ["A bold word", "- code"]


def test_endless_text_is_read_in_parts() -> None:
    """Without any end of a sentence nothing would ever be read."""
    assert SentenceReader().feed("word " * 100) != []


@given(st.text("ab. !\n", max_size=200), st.integers(1, 20))
def test_everything_is_read_once(text: str, size: int) -> None:
    """However the text arrives, each letter is read once and in order."""
    reader = SentenceReader()
    spoken = [s for at in range(0, len(text), size) for s in reader.feed(text[at : at + size])]
    letters = "".join([*spoken, *reader.finish()])
    assert [c for c in letters if c.isalpha()] == [c for c in text if c.isalpha()]
