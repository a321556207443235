"""The parts of searching by words: stems, terms, vocabulary, ranking, fusion and snippets."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.search.bm25 import K1, B, Lengths, Occurrences, occurrences, rank
from assistant.search.fusion import fused
from assistant.search.snippets import CHARACTERS, fold, snippet
from assistant.search.stemming import stem
from assistant.search.terms import STOP_WORDS, Terms
from assistant.search.understanding import mended, understand
from assistant.search.vocabulary import Vocabulary
from assistant.store.migrations import migrate
from assistant.store.sqlcipher import MEMORY, open_database

STEMS = {
    "caresses": "caress",
    "ponies": "poni",
    "cats": "cat",
    "feed": "feed",
    "agreed": "agre",
    "plastered": "plaster",
    "motoring": "motor",
    "sing": "sing",
    "conflated": "conflat",
    "sized": "size",
    "hopping": "hop",
    "falling": "fall",
    "filing": "file",
    "happy": "happi",
    "sky": "sky",
    "relational": "relat",
    "rational": "ration",
    "digitizer": "digit",
    "operator": "oper",
    "hopefulness": "hope",
    "formality": "formal",
    "sensibility": "sensibl",
    "electrical": "electr",
    "goodness": "good",
    "revival": "reviv",
    "adjustment": "adjust",
    "adoption": "adopt",
    "probate": "probat",
    "controlling": "control",
    "generalizations": "gener",
    "oscillators": "oscil",
    "by": "by",
    "über": "über",
    "utf8": "utf8",
}


@pytest.mark.parametrize(("word", "expected"), STEMS.items())
def test_stems_are_porters(word: str, expected: str) -> None:
    """Examples of his paper; what is no English word stays."""
    assert stem(word) == expected


def test_terms_are_those_of_the_vaults_index() -> None:
    """One tokenizer on both sides: the schema's."""
    connection = open_database(MEMORY, bytes(32))
    migrate(connection)
    connection.execute(
        "INSERT INTO note (title, title_by, text, revision, created_at, updated_at)"
        " VALUES ('', 'text', '', 1, 1, 1)"
    )
    connection.execute("INSERT INTO edition (encoder, state) VALUES ('', 'serving')")
    text = "The Crème-brûlée: naïve ŒUVRE, Ångström's 2nd ΣΊΣΥΦΟΣ & 日本語 हिन्दी x_y"
    connection.execute(
        "INSERT INTO passage (edition_id, note_id, seq, start, length, hash, context, text)"
        " VALUES (1, 1, 0, 0, 0, x'', '', ?)",
        (text,),
    )
    rows = connection.execute("SELECT term FROM passage_word_counts ORDER BY term").fetchall()
    connection.close()
    terms = Terms()
    assert [row[0] for row in rows] == terms.different(text)
    assert terms.of("The Crème-brûlée, naïve 2nd time") == [
        *("the", "creme", "brulee", "naive", "2nd", "time")
    ]
    assert terms.of("b a b") == ["b", "a", "b"]
    assert terms.different("b a b") == ["a", "b"]
    assert terms.of("\0\ud800") == []
    terms.close()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_terms_leave_nothing_behind(text: str) -> None:
    """A text that went through is forgotten."""
    terms = Terms()
    first = terms.of(text)
    assert terms.of("") == []
    assert terms.of(text) == first
    terms.close()


def test_vocabulary_knows_forms_beginnings_and_mistakes() -> None:
    """Among words that were there first and words that came."""
    words = Vocabulary(["connect", "connected", "connection", "cone", "zebra", "über", "relate"])
    assert words.forms("connecting") == ["connect", "connected", "connection"]
    assert words.forms("connected")[0] == "connected"
    assert words.forms("zebras") == ["zebra"]
    assert words.forms("nothing") == []
    words.add(["relation", "hoping", "hope"])
    assert set(words.forms("relations")) == {"relation", "relate"}
    assert set(words.forms("hopes")) == {"hope", "hoping"}
    assert words.beginning("rela", 9)
    assert words.beginning("üb", 9)
    assert not words.beginning("relax", 9)
    assert words.alike("zebar") == ["zebra"]
    assert words.alike("conection") == ["connection"]
    assert words.alike("relatoin") == ["relation"]
    assert words.alike("con") == []  # too short to be a mistake for one word
    assert "relation" in words
    assert "relatoin" not in words
    assert words.missing(["zebra", "new", "x" * 99]) == ["new"]
    assert len(words) == 10


@given(
    st.lists(st.text("abü", min_size=1, max_size=4), max_size=30),
    st.text("abü", min_size=1, max_size=2),
    st.integers(0, 12),
)
@settings(max_examples=200, deadline=None)
def test_vocabulary_knows_all_words_with_a_beginning(
    words: list[str], beginning: str, most: int
) -> None:
    """The first of them by their bytes, no more than were asked for; new words go before."""
    wanted = sorted((word for word in set(words) if word.startswith(beginning)), key=str.encode)
    known = Vocabulary(words)
    assert known.beginning(beginning, most) == wanted[:most]
    new = f"{beginning}new"
    known.add([new])
    assert known.beginning(beginning, most) == [new, *wanted][:most]


def test_vocabulary_takes_in_many_new_words() -> None:
    """They are put in their places, and all are found."""
    words = Vocabulary(["first"])
    for number in range(5_000):
        words.add([f"word{number:04}x"])
    assert len(words) == 5_001
    assert "word2500x" in words
    assert words.forms("first") == ["first"]
    assert Vocabulary().alike("anything") == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("abcdeé", min_size=5, max_size=9), min_size=1, max_size=40, unique=True),
    st.integers(0, 39),
    st.integers(0, 8),
)
def test_a_letter_too_many_is_mended(words: list[str], which: int, where: int) -> None:
    """The word is among those that it may be a mistake for."""
    word = words[which % len(words)]
    typed = word[: where % len(word)] + "z" + word[where % len(word) :]
    assert word in Vocabulary(words).alike(typed, most=99)


def test_query_is_understood() -> None:
    """Stop words go unless there are no others; only the last word may be a beginning."""
    terms, words = Terms(), Vocabulary(["data", "database", "encrypted", "what", "is"])
    understood = understand("What is the databas", terms, words, typing=True)
    assert [word.term for word in understood.words] == ["databas"]
    assert understood.words[0].beginning == "databas"
    whole = understand("What is the databas ", terms, words, typing=True)
    assert whole.words[0].beginning == ""
    assert whole.words[0].alike == ("database",)
    assert [word.term for word in understand("what is", terms, words, typing=False).words] == [
        *("what", "is")
    ]
    mistaken = understand("Encrpted data", terms, words, typing=True)
    fixed = mended(mistaken, ["encrypted", ""], words)
    assert fixed.mended == fixed.text == "encrypted data"
    assert fixed.words[0].forms == ("encrypted",)
    assert understand("x" * 10_000, terms, words, typing=True).text == "x" * 2_000
    assert len(understand(" ".join(map(str, range(99))), terms, words, typing=True).words) == 32
    assert STOP_WORDS.isdisjoint({"", "not a word"})
    terms.close()


def test_ranking_is_bm25() -> None:
    """As it is defined; places in the context count."""
    lengths = Lengths([(1, 159), (2, 319), (3, 159), (9, 0)])
    once = occurrences(["1,2,2,3"])
    assert once.ids.tolist() == [1, 2, 3]
    assert once.counts.tolist() == [1.0, 2.0, 1.0]
    assert occurrences(["1,1", "", "1"]).counts.tolist() == [3.0]  # of three forms
    assert len(occurrences(["", ""]).ids) == 0
    rare = Occurrences(np.array([2]), np.array([1.0]))
    ranked = rank([once, rare], lengths, 10)
    assert ranked.ids[0] == 2
    units = np.array([10, 20, 10, 1])

    def score(count: float, length: float, having: int) -> float:
        rarity = math.log1p((4 - having + 0.5) / (having + 0.5))
        relative = length / units.mean()
        return float(rarity * count * (K1 + 1) / (count + K1 * (1 - B + B * relative)))

    assert ranked.scores[0] == pytest.approx(score(2, 20, 3) + score(1, 20, 1))
    assert dict(zip(ranked.ids, ranked.scores, strict=True))[3] == pytest.approx(score(1, 10, 3))
    assert ranked.ids.tolist() == [2, 3, 1]  # of equals the newer first


def test_ranking_leaves_out_passages_of_other_editions() -> None:
    """They share the index of words while one is built beside the other."""
    lengths = Lengths([(1, 100)])
    words = [Occurrences(np.array([1, 5]), np.array([1.0, 1.0]))]
    assert rank(words, lengths, 10).ids.tolist() == [1]
    lengths.add({5: 100, 7: 100})
    assert set(rank(words, lengths, 10).ids.tolist()) == {1, 5}
    lengths.remove([5])
    assert len(lengths) == 2
    assert rank(words, Lengths(), 10).ids.tolist() == []
    assert rank([], lengths, 10).ids.tolist() == []


def test_fusion_prefers_what_both_find() -> None:
    """Reciprocal ranks; of equals the newer first."""
    assert next(one for one, _ in fused([1, 2, 3], [4, 2, 5])) == 2
    assert fused([7]) == [(7, 1 / 61)]
    assert [one for one, _ in fused([1], [2])] == [2, 1]
    assert fused([], []) == []


def test_snippet_shows_the_part_with_the_most_words() -> None:
    """On one line, marked, with an ellipsis where something is left out."""
    text = "Lead. " * 60 + "The green\n\n lamp   burns. " + "Rest. " * 60
    found = snippet(text, {"green", "lamp"})
    assert "The green lamp burns." in found.text
    assert found.text.startswith("…")
    assert found.text.endswith("…")
    assert [found.text[a : a + n] for a, n in found.marks] == ["green", "lamp"]
    assert len(found.text) <= CHARACTERS + 2


def test_snippet_marks_whole_words_and_beginnings() -> None:
    """Not parts of other words; accents and case do not matter."""
    text = "Lampe, lamp, LAMP's, clamp, lámpara; lamplight"
    found = snippet(text, {"lamp"})
    assert [text[a : a + n] for a, n in found.marks] == ["lamp", "LAMP"]
    begun = snippet(text, set(), "lamp")
    assert [text[a : a + n] for a, n in begun.marks] == [
        *("Lampe", "lamp", "LAMP", "lámpara", "lamplight")
    ]
    assert snippet("", {"x"}).text == ""
    assert snippet("short text", set()).marks == ()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=600), st.sampled_from(["a", "the", "é", "ß", "i"]))
def test_snippet_marks_lie_inside(text: str, word: str) -> None:
    """Whatever the text: marks are in order, apart, and inside of what is shown."""
    found = snippet(text, {word}, word)
    reached = 0
    for start, length in found.marks:
        assert reached <= start < start + length <= len(found.text)
        reached = start + length
    assert len(fold(text)) == len(text)


def test_what_is_asked_for_twice_counts_twice() -> None:
    """In any form; a question that goes on about one thing is about that."""
    terms, words = Terms(), Vocabulary(["library", "libraries", "book"])
    understood = understand(
        "libraries, a library and books in libraries", terms, words, typing=True
    )
    assert [(word.term, word.times) for word in understood.words] == [
        ("libraries", 3),
        ("books", 1),
    ]
    lengths = Lengths([(1, 100), (2, 100), (3, 100)])
    once, twice = occurrences(["1"]), occurrences(["2"], times=2)
    assert rank([once, twice], lengths, 9).ids.tolist() == [2, 1]
    terms.close()
