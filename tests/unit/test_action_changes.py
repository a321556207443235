"""The difference of two texts: what it says is always both of them, and it never takes long."""

from __future__ import annotations

import random
from difflib import SequenceMatcher

import pytest

from assistant.actions import changes
from assistant.actions.changes import difference
from assistant.actions.records import Kind, Span

CHANCE = random.Random(7)  # noqa: S311 - the same texts each time


def told(spans: tuple[Span, ...]) -> list[tuple[str, str]]:
    """As plain values."""
    return [(span.kind.value, span.text) for span in spans]


def sides(spans: tuple[Span, ...]) -> tuple[str, str]:
    """The two texts that a difference is of."""
    before = "".join(span.text for span in spans if span.kind is not Kind.ADDED)
    after = "".join(span.text for span in spans if span.kind is not Kind.REMOVED)
    return before, after


def test_words_that_changed_are_told() -> None:
    """A word for a word; the rest is kept."""
    found = difference("I go to the shop.\nAnd home.\n", "I went to the shop.\nAnd home.\n")
    assert told(found) == [
        ("kept", "I "),
        ("removed", "go"),
        ("added", "went"),
        ("kept", " to the shop.\nAnd home.\n"),
    ]


def test_one_blank_between_changes_is_changed_with_them() -> None:
    """Two changed words beside each other are one change, not two with a blank kept."""
    found = difference("the red car stops", "the blue van stops")
    assert told(found)[1:3] == [("removed", "red car"), ("added", "blue van")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("", "new"),
        ("old", ""),
        ("same", "same"),
        ("a\n\nb", "a\nb"),
        ("line\n" * 5_000, "line\nother\n" * 3_000),
        ("word " * 60_000, "other " * 60_000),
        ("x" * 300_000, "y" * 300_000),
        ("漢字と仮名。", "漢字のみ。"),
        ("\u202ered\x00", "red"),
    ],
)
def test_both_texts_can_be_had_back(before: str, after: str) -> None:
    """Whatever they are, and however little of them is compared."""
    assert sides(difference(before, after)) == (before, after)


@pytest.mark.parametrize("letters", ["ab", "abcdefgh", "abcdefghijklmnopqrstuvwxyz"])
def test_words_by_chance_are_told_right(letters: str) -> None:
    """The worst kind of text for comparing: everything is alike and nothing is."""
    made = [
        "\n".join(" ".join(CHANCE.choices(letters, k=90)) for _ in range(100)) for _ in range(2)
    ]
    assert sides(difference(*made)) == tuple(made)


def test_what_is_compared_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that is too large counts as removed and added; nothing of it reaches difflib."""
    sizes: list[int] = []

    def measured(junk: None, old: list[str], new: list[str]) -> object:
        sizes.append(len(old) + len(new))
        return SequenceMatcher(junk, old, new)

    monkeypatch.setattr(changes, "SequenceMatcher", measured)
    before = "\n".join(" ".join(CHANCE.choices("abc", k=400)) for _ in range(200))
    after = "\n".join(" ".join(CHANCE.choices("abc", k=400)) for _ in range(200))
    assert sides(difference(before, after)) == (before, after)
    assert max(sizes) <= 4_000
    assert sum(sizes) <= 4_000 + 20_000
