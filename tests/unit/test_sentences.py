"""Where a reply that is long enough may end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.sentences import sentence_end


@pytest.mark.parametrize(
    ("kept", "rest"),
    [
        ("Hello there.", " The"),
        ("Really?!", " Yes"),
        ("Wait…", " there is more"),
        ('He said "no."', " Then"),
        ("(It rained.)", "\nSo"),
        ("**It is bold.**", " Next"),
        ("「そうです。」", "次"),
        ("你好。", "我"),
        ("本当！", "\n"),
        ("राम है।", " फिर"),
        ("ماذا؟", " ثم"),
        ("یہ ہے۔", " پھر"),
        ("Say e.g. this.", " And"),
        ("Das ist z.B. gut.", " Ja"),
        ("At 3 p.m. we left.", " Then"),
        ("Pi is 3.14 or so.", " It"),
        ("J. Smith came.", " He"),
        ("See example.com for it.", " It"),
        ("- one", "\n- two"),
        ("1. First", "\n2."),
        ("A paragraph without a mark", "\n\nNext"),
        ("# Title\n\nThe text.", " More"),
        ("Steps:\n\n- one", "\n"),
        ("```\na = 1. 2", "\nb"),
    ],
)
def test_ends(kept: str, rest: str) -> None:
    """The sentence with what closes it is kept, what follows is not."""
    assert sentence_end(kept + rest, 0) == len(kept)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello there",
        "Hello there.",  # may become "there.com"
        "Pi is 3.",
        "Pi is 3.14 and",
        "你好。",  # a closing mark may follow
        "Dear Dr. Smith",
        "1. First",
        "One line\nand its next",
        "Title:\n\n",
        "# Is this a title",
        "# Title\n\n",
        "```python\n",
        "```python\nprint('Hello. World! Yes? ')",
        "~~~\nOne. Two",
    ],
)
def test_does_not_end(text: str) -> None:
    """Nothing has ended for certain."""
    assert sentence_end(text, 0) is None


def test_only_ends_after_the_start_count() -> None:
    """What ended before is not looked at again."""
    text = "One. Two. Three"
    assert sentence_end(text, 0) == 4
    assert sentence_end(text, 5) == 9
    assert sentence_end(text, 9) is None


def test_a_code_block_before_the_start_is_seen() -> None:
    """The fence was opened long ago."""
    assert sentence_end("```\na. b\n", 5) == 8
    assert sentence_end("```\na\n```\nAll of it", 6) == 9, "the whole block"
    assert sentence_end("```\na\n```\nThat is all. Or", 10) == 22


def test_long_runs_are_quick() -> None:
    """A model in a loop writes runs of marks; the time is linear, or this would take minutes."""
    for mark in (".", "。", '."', "```\n", "\n", "a\n"):
        sentence_end(mark * 200_000, 0)


@given(st.text("ab.?!… \n\"')`#-1。」", max_size=80), st.integers(0, 80))
def test_never_outside_of_the_text(text: str, start: int) -> None:
    """Whatever comes, the end lies in the text and not before the start."""
    end = sentence_end(text, min(start, len(text)))
    assert end is None or min(start, len(text)) <= end <= len(text)
