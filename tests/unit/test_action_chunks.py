"""A long text in portions: nothing is lost, everything fits, and code stays code."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from assistant.actions.chunks import Portion, blocks, paragraphs, portions, tail
from tests.fakes.engine import words as split
from tests.unit.hostile_notes import HOSTILE

NOTE = """---
tags: [x]
---
# Trains

The night train leaves at nine. It is late.
It arrives at six.

```bash
$ trains --all

# not a heading
```

- bread
- milk

| a | b |
|---|---|
| 1 | 2 |

The end.
"""


def count(texts: Sequence[str]) -> list[int]:
    """A token is a word with the blanks behind it, or four letters without one."""
    return [sum(1 + len(word) // 8 for word in split(text)) for text in texts]


def test_blocks_are_told_apart() -> None:
    """Headings, code, tables and front matter are no prose."""
    found = [(one.words.splitlines()[0], one.is_prose) for one in blocks(NOTE)]
    assert found == [
        ("---", False),
        ("# Trains", False),
        ("The night train leaves at nine. It is late.", True),
        ("```bash", False),
        ("- bread", True),
        ("| a | b |", False),
        ("The end.", True),
    ]


@pytest.mark.parametrize("limit", [1, 3, 8, 50, 1000])
@pytest.mark.parametrize(
    "text", [NOTE, *HOSTILE.values(), "\n" * 3_000, "x" * 9_000], ids=lambda text: text[:12]
)
def test_joined_they_are_the_text(text: str, limit: int) -> None:
    """Whatever the text: not a character is lost, doubled or moved."""
    assert "".join(one.text for one in blocks(text)) == text
    assert "".join(one.text for one in paragraphs(text, count, limit)) == text
    whole = "".join(one.text for one in portions(text, count, limit))
    assert "".join(whole.split()) == "".join(text.split())  # blank portions are not read


@pytest.mark.parametrize("limit", [4, 9, 30])
def test_each_fits(limit: int) -> None:
    """No portion has more tokens than the limit."""
    text = f"{NOTE}\n{'One more sentence. ' * 300}\n{'x' * 3_000}"
    found = portions(text, count, limit)
    assert max(count([one.text])[0] for one in found) <= limit


def test_cuts_are_at_sentences() -> None:
    """Where a paragraph does not fit, it is cut behind a sentence."""
    found = paragraphs("One two three. Four five six. Seven eight nine. " * 9, count, 7)
    assert len(found) > 9
    assert all(one.words.endswith(".") for one in found)


def test_small_blocks_are_read_together() -> None:
    """As few portions as may be."""
    assert len(portions("one two\n\n" * 10, count, 100)) == 1


def test_words_go_where_the_old_ones_stood() -> None:
    """The white space around a piece stays."""
    assert Portion("  old words\n\n").with_words("new") == "  new\n\n"


def test_blank_text_has_no_portion() -> None:
    """There is nothing to read."""
    assert portions(" \n\n\t", count, 10) == []
    assert portions("", count, 10) == []


def test_tail_begins_at_a_sentence() -> None:
    """The end that fits, without half of a sentence before it."""
    text = "Nothing here. " * 50 + "This is near the end. This is the end."
    end = tail(text, count, 12)
    assert end.endswith("This is near the end. This is the end.")
    assert end.startswith(("Nothing here.", "This is near"))
    assert count([end])[0] <= 12
    assert tail("all of it", count, 12) == "all of it"
    assert len(tail("x" * 5_000, count, 12)) < 100
