"""Which passages are near enough, and what a scope is."""

from __future__ import annotations

import pytest

from assistant.asking.finding import LEAST_SIMILARITY, find, near_enough
from assistant.asking.records import Scope, ScopeKind
from assistant.asking.shown import scope_label
from assistant.search.records import Filters, Kind
from tests.fakes.retriever import FakeRetriever, hit

NEWEST = 1_000


def test_similarity_decides() -> None:
    """From the limit on; words alone do not make up for another subject."""
    near, far = hit("a", similarity=LEAST_SIMILARITY), hit("b", similarity=LEAST_SIMILARITY - 0.01)
    assert near_enough("trains", [near, far], Scope()) == [near]


def test_all_the_words_make_up_for_a_little() -> None:
    """A passage that has every word of the question may be less near in meaning."""
    found = hit("Trains to Lisbon", similarity=LEAST_SIMILARITY - 0.1)
    assert near_enough("Lisbon trains?", [found], Scope()) == [found]
    assert near_enough("Lisbon trains tomorrow?", [found], Scope()) == []


def test_words_decide_where_meaning_is_unknown() -> None:
    """More than half of them."""
    found = hit("Night trains to Lisbon")
    assert near_enough("Which night trains go to Lisbon?", [found], Scope()) == [found]
    assert near_enough("Which night flights go to Oslo?", [found], Scope()) == []


def test_what_lies_far_behind_the_nearest_is_left_out() -> None:
    """Where one answers, others about the same thing lead astray; one without vector may stay."""
    first, close, far = (hit("a", similarity=value) for value in (0.9, 0.8, 0.6))
    new = hit("Night trains to Lisbon")
    question = "Which night trains go to Lisbon?"
    assert near_enough(question, [first, close, far, new], Scope()) == [first, close, new]
    assert near_enough(question, [far, new], Scope()) == [far, new]


@pytest.mark.parametrize(
    ("question", "passages"),
    [
        ("And from where?", 1),
        ("Why?", 1),
        ("Is it on time?", 1),
        ("What is the capital of Mongolia?", 0),
        ("How tall is Mont Blanc?", 0),
    ],
)
def test_only_a_question_that_leans_on_the_one_before_is_sought_with_it(
    question: str, passages: int
) -> None:
    """Another subject would find what the first one was about."""
    retriever = FakeRetriever([hit("The night train to Lisbon.", "Trains")])
    found = find(retriever, question, "When is the night train to Lisbon?", Scope(), NEWEST)
    assert len(found.passages) == passages


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        (Scope(), False),
        (Scope(ScopeKind.TAG, tag="a"), False),
        (Scope(ScopeKind.NOTE, id=1), True),
        (Scope(ScopeKind.CONVERSATION, id=1), True),
    ],
)
def test_one_note_may_be_asked_what_it_is_about(scope: Scope, kept: bool) -> None:
    """Such a question names no subject; of all notes it would find anything."""
    found = hit("Night trains", similarity=0.05)
    assert bool(near_enough("Summarise this note.", [found], scope)) is kept
    assert near_enough("How tall is Mont Blanc?", [found], scope) == []


def test_the_best_few_are_given() -> None:
    """And nearest is each note once."""
    hits = [
        hit(f"train {number}", note=number // 2, passage=number, similarity=0.9 - number / 100)
        for number in range(20)
    ]
    found = find(FakeRetriever(hits), "train", "", Scope(), NEWEST)
    assert [one.passage_id for one in found.passages] == [0, 1, 2]
    assert [one.owner_id for one in found.nearest] == [0, 1, 2]
    assert [one.passage_id for one in found.nearest] == [0, 2, 4]


@pytest.mark.parametrize(
    ("scope", "stored", "filters", "label"),
    [
        (Scope(), "all", Filters(kind=Kind.NOTE), "Your notes"),
        (
            Scope(ScopeKind.TAG, tag="a:b/ü"),
            "tag:a:b/ü",
            Filters(kind=Kind.NOTE, tag="a:b/ü"),
            "#a:b/ü",
        ),
        (
            Scope(ScopeKind.NOTE, id=12, name="Trains"),
            "note:12",
            Filters(kind=Kind.NOTE, note_id=12),
            "Trains",
        ),
        (
            Scope(ScopeKind.CONVERSATION, id=3),
            "conversation:3",
            Filters(kind=Kind.MESSAGE, conversation_id=3),
            "One chat",
        ),
    ],
)
def test_scopes(scope: Scope, stored: str, filters: Filters, label: str) -> None:
    """As they are stored, where they look, what they are called."""
    assert scope.stored == stored
    assert Scope.parse(stored) == scope
    assert scope.filters == filters
    assert scope_label(scope) == label
    assert "ü" not in repr(scope)


@pytest.mark.parametrize("stored", ["", "tag:", "note:", "note:x", "note:-1", "planet:3", "ALL"])
def test_what_is_no_scope(stored: str) -> None:
    """Nothing, or what a newer Hush may have put there."""
    assert Scope.parse(stored) is None


@pytest.mark.parametrize(
    ("kind", "tag", "number"),
    [
        (ScopeKind.ALL, "x", None),
        (ScopeKind.ALL, "", 1),
        (ScopeKind.TAG, "", None),
        (ScopeKind.NOTE, "", None),
        (ScopeKind.CONVERSATION, "x", 1),
    ],
)
def test_a_scope_names_what_its_kind_needs(kind: ScopeKind, tag: str, number: int | None) -> None:
    """No more and no less."""
    with pytest.raises(ValueError, match="kind"):
        Scope(kind, tag=tag, id=number)
