"""What search and the index say."""

from __future__ import annotations

import pytest

from assistant.search.records import Filters, IndexState, IndexStatus, Kind, SearchResult
from ui.search import words

S = IndexState


@pytest.mark.parametrize(
    ("status", "said", "facts"),
    [
        (IndexStatus(S.READY, 9, 9, "MiniLM"), "", "All 9 passages can be found by meaning, with"),
        (IndexStatus(S.READY), "", "There is nothing to search yet."),
        (
            IndexStatus(S.READY, 9, 7, "MiniLM", unreadable=2),
            "",
            "7 of 9 passages can be found by meaning; MiniLM cannot read the rest. Everything is",
        ),
        (
            IndexStatus(S.WORKING, 1_871, 320, "MiniLM"),
            "indexing 320 of 1,871",
            "320 of 1,871 passages can be found by meaning. Everything is found by its words.",
        ),
        (
            IndexStatus(S.WORKING, 9, 9, "MiniLM", building="Other", built=0.42),
            "new index 42 %",
            "An index with Other is 42 % done. The one there is serves until then.",
        ),
        (
            IndexStatus(S.PAUSED, 1_871, 320, "MiniLM", "Resting to save battery (18 %)."),
            "indexing paused · 320 of 1,871",
            "Resting to save battery (18 %). 320 of 1,871 passages can be found by meaning.",
        ),
        (IndexStatus(S.PREPARING, 9), "preparing search by meaning", "prepares the embedding"),
        (
            IndexStatus(S.WORDS_ONLY, 9, reason="The embedding model is missing."),
            "search by words only",
            "The embedding model is missing. Search finds words, not meaning.",
        ),
    ],
)
def test_the_index_in_words(status: IndexStatus, said: str, facts: str) -> None:
    """Each state has words of its own, in the line and in full; all well needs no room."""
    assert words.index_words(status)[0] == said
    assert facts in words.index_facts(status)
    assert len(words.index_words(status)[1]) <= len(said)


def test_counting() -> None:
    """One, several, and as many as were asked for."""
    assert words.count_words(1, 30) == "1 result"
    assert words.count_words(1_200, 2_000) == "1,200 results"
    assert words.count_words(30, 30) == "The best 30"


def test_what_narrows_is_named() -> None:
    """Another advice where something was left out."""
    _, wide = words.no_result("x", Filters())
    _, narrow = words.no_result("x", Filters(kind=Kind.NOTE))
    assert wide != narrow


def test_a_remark_only_where_something_may_be_missing() -> None:
    """Words only, still on the way, or nothing at all."""
    whole = SearchResult("x", (), by_meaning=True)
    by_words = SearchResult("x", ())
    assert words.remark(whole, IndexStatus(S.READY, 9, 9)) == ""
    assert words.remark(by_words, None) == "Found by words only."
    assert "prepared" in words.remark(by_words, IndexStatus(S.PREPARING, 9))
    assert words.remark(whole, IndexStatus(S.WORKING, 9, 9)) == ""
    assert "3 of 9 passages" in words.remark(whole, IndexStatus(S.PAUSED, 9, 3))


@pytest.mark.parametrize(
    ("text", "marks", "drawn", "moved"),
    [
        ("a hotel", [(2, 5)], "a hotel", [(2, 5)]),
        ("a hotel", [(2, 50), (-3, 4), (4, 2)], "a hotel", [(0, 1), (2, 5)]),
        ("🏨 hotel", [(2, 5)], "🏨 hotel", [(3, 5)]),
        ("\u202e hotel", [(2, 5)], "⟨U+202E⟩ hotel", [(9, 5)]),
        ("a\u2028hotel", [(2, 5)], "a hotel", [(2, 5)]),
        ("ho\u202etel", [(0, 6)], "ho⟨U+202E⟩tel", [(0, 13)]),
        ("", [(0, 3)], "", []),
        ("x", [(5, 2), (0, 0)], "x", []),
    ],
)
def test_marks_follow_their_words(
    text: str, marks: list[tuple[int, int]], drawn: str, moved: list[tuple[int, int]]
) -> None:
    """Through emoji, direction controls and marks that lie outside or overlap."""
    assert words.marked(text, marks) == (drawn, moved)


def test_a_query_is_repeated_in_short() -> None:
    """On one line, harmless."""
    assert words.quoted("a\nb\u202e") == "“a b⟨U+202E⟩”"
    assert words.quoted("x" * 500) == f"“{'x' * 60}…”"
