"""The block splitter: where it cuts, and that arrival in pieces changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.markdown.blocks import (
    MAX_BLOCK_CHARACTERS,
    MAX_BLOCK_LINES,
    BlockSplitter,
    CodeEnd,
    CodeStart,
    CodeText,
    Part,
    Prose,
)

# What Markdown is made of, in random order: far more telling than random letters.
FRAGMENTS = st.sampled_from([
    "word", "a longer run of words", " ", "  ", "    ", "\t", "\n", "\n\n", "\r\n", "\r", "- ",
    "* ", "1. ", "7) ", "12. ", "# ", "> ", "```", "```python\n", "~~~~", "`", "---", "| a | b |\n",
    "|---|---|\n", "**", "x" * 300, "word " * 120, "é", "\u202e", "\U0001f600",
])  # fmt: skip
MESSAGES = st.lists(FRAGMENTS, max_size=40).map("".join)


def merged(parts: list[Part]) -> list[Part]:
    """The parts with neighbouring pieces of code made one: pieces may be cut anywhere."""
    result: list[Part] = []
    for part in parts:
        if isinstance(part, CodeText) and result and isinstance(result[-1], CodeText):
            result[-1] = CodeText(result[-1].text + part.text)
        else:
            result.append(part)
    return result


def split(*pieces: str) -> list[Part]:
    """Everything a splitter gives for a message that arrives in these pieces."""
    splitter = BlockSplitter()
    parts = [part for piece in pieces for part in splitter.feed(piece)]
    return merged(parts + splitter.finish())


def prose(*pieces: str) -> list[str]:
    """The Markdown of the blocks of prose."""
    return [part.markdown for part in split(*pieces) if isinstance(part, Prose)]


@given(MESSAGES)
def test_arrival_does_not_matter(message: str) -> None:
    """Fed at once or character by character, the parts are the same."""
    assert split(message) == split(*message)


@given(MESSAGES, st.integers(1, 50))
def test_arrival_in_pieces_does_not_matter(message: str, size: int) -> None:
    """Fed in pieces of any size, the parts are the same."""
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    assert split(message) == split(*pieces)


@given(MESSAGES)
def test_no_word_is_lost(message: str) -> None:
    """What is not a mark of Markdown is in some part (but for a fence's line)."""
    text = "".join(
        part.markdown if isinstance(part, Prose) else part.text
        for part in split(message)
        if isinstance(part, Prose | CodeText)
    )
    fences = sum(line.lstrip().startswith(("```", "~~~~")) for line in message.splitlines())
    if not fences:
        assert text.count("word") >= message.count("word")


@given(MESSAGES)
def test_blocks_are_bounded(message: str) -> None:
    """No block, and no tail, is larger than can be laid out within a frame."""
    splitter = BlockSplitter()
    for character in message:
        for part in splitter.feed(character):
            if isinstance(part, Prose):
                assert len(part.markdown) <= MAX_BLOCK_CHARACTERS + 1
                assert part.markdown.count("\n") <= MAX_BLOCK_LINES
        assert len(splitter.tail) <= MAX_BLOCK_CHARACTERS + 1


@given(MESSAGES)
def test_code_is_always_closed(message: str) -> None:
    """Each start has one end, with only text between them."""
    open_now = False
    for part in split(message):
        if isinstance(part, CodeStart | Prose):
            assert not open_now
        if isinstance(part, CodeText | CodeEnd):
            assert open_now
        open_now = isinstance(part, CodeStart) or (open_now and isinstance(part, CodeText))
    assert not open_now


def test_paragraphs_end_at_a_blank_line() -> None:
    """A blank line completes a paragraph; the next one stays open."""
    splitter = BlockSplitter()
    assert splitter.feed("One\ntwo.\n\nThr") == [Prose("One\ntwo.")]
    assert splitter.tail == "Thr"
    assert splitter.finish() == [Prose("Thr")]


def test_list_items_come_one_by_one() -> None:
    """Each item is a block, its nested lines with it."""
    assert prose("Intro:\n- a\n  - deep\n- b\n\n  more b\n\nEnd") == [
        "Intro:",
        "- a\n  - deep",
        "- b\n\n  more b",
        "End",
    ]


def test_ordered_items_count_on() -> None:
    """CommonMark counts from the first number, whatever the others say."""
    parts = split("3. a\n3. b\n\n1. c\n\ntext\n\n1. new")
    assert [part.number for part in parts if isinstance(part, Prose)] == [3, 4, 5, None, 1]


def test_a_year_does_not_end_a_paragraph() -> None:
    """Only a list that begins with 1 may interrupt a paragraph."""
    assert prose("It was\n1986. A good year.") == ["It was\n1986. A good year."]


def test_rule_is_no_item() -> None:
    """A thematic break made of list marks stays one block."""
    assert prose("* * *\n\n---") == ["* * *", "---"]


def test_code_grows_while_it_is_written() -> None:
    """The open code block is given out as it comes; its closing fence never shows."""
    splitter = BlockSplitter()
    assert splitter.feed("See:\n```py") == []
    assert splitter.tail == "See:"
    assert splitter.feed("thon\n") == [Prose("See:"), CodeStart("python")]
    assert splitter.feed("x = 1") == [CodeText("x = 1")]
    assert splitter.feed("\n``") == []
    assert splitter.tail == ""
    assert splitter.feed("`\n") == [CodeEnd()]
    assert splitter.finish() == []


def test_code_inside_an_item_is_code() -> None:
    """A fence below an item loses the item's indentation; the list counts on."""
    parts = split("1. Run:\n   ```sh\n   ls\n     -l\n   ```\n   Then wait.\n2. Done")
    assert parts == [
        Prose("1. Run:", 1),
        CodeStart("sh"),
        CodeText("ls\n  -l"),
        CodeEnd(),
        Prose("Then wait."),
        Prose("2. Done", 2),
    ]


def test_fence_needs_its_own_kind_to_close() -> None:
    """A longer fence, or the other mark, holds shorter ones as text."""
    parts = split("````\n```\n~~~~\n````\n")
    assert parts == [CodeStart(""), CodeText("```\n~~~~"), CodeEnd()]


def test_empty_lines_of_code_stay() -> None:
    """Blank lines at both ends of the code are the code's."""
    assert split("```\n\na\n\n```") == [CodeStart(""), CodeText("\na\n"), CodeEnd()]


def test_unclosed_code_ends_with_the_message() -> None:
    """A message stopped inside its code still closes it."""
    assert split("```c\nint x;") == [CodeStart("c"), CodeText("int x;"), CodeEnd()]


def test_long_table_repeats_its_heading() -> None:
    """A table cut by the limit goes on as a table."""
    row = "| cell | cell |\n"
    blocks = prose("| a | b |\n|---|---|\n" + row * 200)
    assert len(blocks) > 1
    assert all(block.startswith("| a | b |\n|---|---|\n| cell") for block in blocks)
    assert sum(block.count("cell") for block in blocks) == 400


def test_long_line_is_cut_at_a_space() -> None:
    """Words stay whole where there are spaces to cut at."""
    blocks = prose("word " * 1_000)
    assert len(blocks) == 3
    assert all(set(block.split()) == {"word"} for block in blocks)


@pytest.mark.timeout(30)  # seconds; quadratic work on these would take many minutes
@pytest.mark.parametrize(
    "message",
    [
        pytest.param("x" * 10_000_000, id="10 MB in one line"),
        pytest.param("word " * 2_000_000, id="10 MB of words in one line"),
        pytest.param("- " * 10_000, id="10,000 lists in one line"),
        pytest.param("".join("  " * depth + "- x\n" for depth in range(1_000)), id="1,000 levels"),
        pytest.param(">" * 10_000 + " x", id="10,000 quotes"),
        pytest.param("```\n```\n" * 50_000, id="50,000 fences"),
        pytest.param("```\n" + " " * 10_000_000, id="10 MB of blanks in code"),
        pytest.param("\n" * 1_000_000, id="a million empty lines"),
        pytest.param("|a" * 5_000_000, id="a table of 10 MB"),
    ],
)
def test_hostile_text_costs_no_more_than_its_length(message: str) -> None:
    """Work stays linear, and no block grows beyond its bound."""
    blocks = [part.markdown for part in split(message) if isinstance(part, Prose)]
    assert all(len(block) <= MAX_BLOCK_CHARACTERS for block in blocks)
    assert "".join(blocks).count("x") == message.count("x")
