"""Cutting texts into passages: nothing is lost, nothing is twice, and structure is kept."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.search.passages import PassageText, plain_spans, split

WORD = re.compile(r"\w+|[^\w\s]")


def spans(text: str) -> list[tuple[int, int]]:
    """A token is a word or a mark."""
    return [match.span() for match in WORD.finditer(text)]


def cut(text: str, limit: int = 20, title: str = "") -> list[PassageText]:
    """Cut, and check what holds for any text."""
    passages = split(text, spans, limit, title=title)
    reached, left = 0, []
    for passage in passages:
        assert passage.start >= reached, "overlap"
        left.append(text[reached : passage.start])
        reached = passage.start + passage.length
        assert text[passage.start : reached] == passage.text
    left.append(text[reached:])
    assert not "".join(left).strip(), "a character was lost"
    return passages


def texts(passages: list[PassageText]) -> list[str]:
    """What the passages say."""
    return [passage.text for passage in passages]


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from("ab .!?\n\t#`-*1。é\u0301\u200b\u2028x"), max_size=400),
    st.integers(1, 40),
)
@example("```\nx\n", 1)
@example("# \n#\n## a\n", 1)
def test_any_text_is_cut_without_loss(text: str, limit: int) -> None:
    """Every character that is no white space is in one passage, whatever the text."""
    for passage in cut(text, limit, "t"):
        assert passage.text == passage.text.strip()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["word", "other.", "\n\n", "\n", "# H\n", "- item"]), max_size=200))
def test_no_passage_has_more_tokens_than_the_model_reads(parts: list[str]) -> None:
    """Together with its context, of which at most a quarter counts."""
    for passage in cut(" ".join(parts), 24, "Title of it"):
        context = min(len(spans(passage.context)), 24 // 4)
        assert len(spans(passage.text)) + context <= 24


def test_short_text_stays_whole() -> None:
    """Sections that fit together are not torn apart."""
    text = "# One\n\nFirst words.\n\n## Two\n\nMore words."
    assert texts(cut(text, 40)) == [text]


def test_headings_begin_passages_and_are_their_context() -> None:
    """A passage knows under which headings it stands; its own is in its text."""
    body = "word " * 12
    text = f"# Top\n\n{body}\n\n## Deep\n\n{body}\n\n{body}\n\n# Next\n\n{body}"
    passages = cut(text, 22, "Note")
    begins = {passage.text.split("\n")[0].strip(): passage.context for passage in passages}
    assert begins["# Top"] == "Note"
    assert begins["## Deep"] == "Note › Top"
    assert begins["# Next"] == "Note"
    assert [p.context for p in passages if not p.text.startswith("#")] == ["Note › Top › Deep"]


def test_heading_does_not_stay_behind_alone() -> None:
    """No passage ends with a heading whose text is in the next."""
    text = "\n\n".join(f"# H{number}\n\n" + "word " * 15 for number in range(6))
    for passage in cut(text, 20):
        assert not passage.text.rstrip().split("\n")[-1].startswith("#")


def test_heading_in_code_is_code() -> None:
    """A comment in a shell script is no heading; the fence may be longer than three."""
    text = "````sh\n# not a heading\n```\nstill code\n````\n\n" + "word " * 30
    assert {passage.context for passage in cut(text, 10, "T")} == {"T"}


def test_title_is_not_repeated_in_its_own_context() -> None:
    """A note whose first heading is its title has it once."""
    text = "# Plan\n\n" + "word " * 40
    assert {passage.context for passage in cut(text, 12, "plan")} == {"plan"}


def test_cuts_fall_between_sentences_where_a_paragraph_is_too_long() -> None:
    """A sentence is not torn where it fits."""
    text = " ".join(f"Sentence number {number} ends here." for number in range(12))
    assert all(one.endswith(".") for one in texts(cut(text, 20)))


def test_words_are_not_torn_where_there_is_no_better_place() -> None:
    """Tokens may be parts of words."""

    def halves(text: str) -> list[tuple[int, int]]:
        return [
            (at, min(at + 2, m.end())) for m in WORD.finditer(text) for at in range(*m.span(), 2)
        ]

    passages = split("abcdefg " * 30, halves, 10)
    assert {word for passage in passages for word in passage.text.split()} == {"abcdefg"}


def test_empty_text_has_a_passage_only_for_its_title() -> None:
    """A note that is a title alone is found by it; nothing else comes of nothing."""
    assert split("", spans, 10) == []
    assert split(" \n\t", spans, 10) == []
    (only,) = split(" \n", spans, 10, title=" A  title ")
    assert (only.context, only.text, only.length) == ("A title", "", 0)


def test_hash_tells_context_and_text() -> None:
    """Equal passages have equal hashes; another title is another passage."""
    (one,) = split("same words", spans, 10, title="a")
    (two,) = split("  same words\n", spans, 10, title="a")
    (other,) = split("same words", spans, 10, title="b")
    assert one.hash == two.hash != other.hash


@pytest.mark.parametrize(
    "text",
    [
        "x" * 500_000,
        "." * 400_000,
        "\n" * 1_000_000 + "end",
        "word " * 100_000,
        "# " * 100_000,
        "!?" * 100_000 + "\n```" * 10_000,
    ],
    ids=["one word", "dots", "blank lines", "one line", "hashes", "marks and fences"],
)
def test_huge_texts_are_cut_into_small_passages(text: str) -> None:
    """Half a million characters in one line, or in one word, come in pieces and at once."""
    passages = split(text, plain_spans, 256)
    assert max((passage.length for passage in passages), default=0) <= 256 * 64
    assert sum(len(p.text.split()) for p in passages) >= len(text.split())


def test_context_reaches_over_the_seams_of_a_long_text() -> None:
    """A text is read in segments; headings and open code are carried over."""
    long = "# Far\n\n" + "word " * 50_000 + "\n\n```\n" + "code\n# no heading\n" * 20_000
    passages = cut(long, 200, "T")
    assert {passage.context for passage in passages[1:]} == {"T › Far"}
