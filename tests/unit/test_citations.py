"""Which source supports which sentence, and an answer with its numbers in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.asking.citations import cite, claims_of, with_citations
from assistant.asking.protocol import Encode
from assistant.asking.records import Citation, Source
from assistant.asking.words import is_general, numbers, share, stems
from tests.fakes.encoder import FakeEncoder

if TYPE_CHECKING:
    from assistant.embed.protocol import Vectors

TRAIN = "The night train to Lisbon leaves at 21:43 from platform 4."
BREAD = "Bread needs flour, water, salt and time. Let the dough rest for 12 hours."


def source(number: int, text: str) -> Source:
    """A passage that the model read."""
    return Source(number, True, number, None, None, f"Note {number}", "", 0, len(text), text)


SOURCES = (source(1, TRAIN), source(2, BREAD))


def words_alone(texts: Sequence[str]) -> Vectors | None:
    """There is no embedding model."""
    return None


@pytest.fixture(params=["words", "meaning"])
def encode(request: pytest.FixtureRequest) -> Encode:
    """With and without an embedding model."""
    return words_alone if request.param == "words" else FakeEncoder().encode


def shown(answer: str, encode: Encode, sources: Sequence[Source] = SOURCES) -> str:
    """The answer as people read it."""
    return with_citations(answer, cite(answer, sources, encode))


def test_each_sentence_gets_what_supports_it(encode: Encode) -> None:
    """Before its full stop; what nothing supports gets nothing."""
    answer = f"{TRAIN} The dough rests for 12 hours. Mars is cold and far away."
    assert shown(answer, encode) == (
        "The night train to Lisbon leaves at 21:43 from platform 4 [1]."
        " The dough rests for 12 hours [2]. Mars is cold and far away."
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The train leaves at 21:43 [1].", "The train leaves at 21:43 [1]."),
        ("The train leaves at 21:43. [1]", "The train leaves at 21:43 [1]."),
        ("The train leaves at 21:43.[1] Flour [2]", "The train leaves at 21:43 [1]. Flour"),
        ("The train leaves at 21:43 [1, 2].", "The train leaves at 21:43 [1]."),
        ("The train leaves at 21:43【1】【8】.", "The train leaves at 21:43 [1]."),
        ("The train leaves at 21:43 [2].", "The train leaves at 21:43 [1]."),
        ("The train leaves at 21:43 [9].", "The train leaves at 21:43 [1]."),
        ("Stones fall down fast [1].", "Stones fall down fast."),
    ],
)
def test_what_the_model_cites(encode: Encode, answer: str, expected: str) -> None:
    """A number stays where its passage has to do with the sentence; all others go."""
    assert shown(answer, encode) == expected


@pytest.mark.parametrize(
    "answer",
    [
        "```\nnight train to Lisbon leaves = platform[4]\n```",
        "# The night train to Lisbon leaves from platform 4",
        "> ## The night train to Lisbon leaves from platform 4",
        "| night train to Lisbon | platform 4 |",
        "Look at `row[1]` and at [this](https://example.org).",
        "---",
        "",
        "[1]",
        "  \n\n ",
    ],
)
def test_what_is_no_sentence_stays_as_it_is(encode: Encode, answer: str) -> None:
    """Code, headings, tables and links: nothing is put in, and nothing taken out."""
    assert cite(answer, SOURCES, encode) == ()
    assert with_citations(answer, ()) == ("" if answer == "[1]" else answer)


@pytest.mark.parametrize(
    ("question", "cited"),
    [
        ("When does the night train to Lisbon leave?", False),
        ("What is the platform of the night train that leaves to Lisbon?", False),
        ("How does the train leave?", True),
        ("Does the night train leave to Lisbon?", True),
        ("Where does the night train leave to, Lisbon or Madrid?", True),
        ("", True),
    ],
)
def test_a_question_said_again_rests_on_nothing(
    encode: Encode, question: str, *, cited: bool
) -> None:
    """Small models do that; where the question holds its own answer, it may be one."""
    answer = "The night train leaves to Lisbon [1]."
    assert bool(cite(answer, SOURCES, encode, question)) is cited


@pytest.mark.parametrize(
    ("code", "cited"),
    [("21:43", True), ("from  Platform 4", True), ("rm -rf", False), ("leave(platform)", False)],
)
def test_code_that_no_passage_has_is_not_from_one(
    encode: Encode, code: str, *, cited: bool
) -> None:
    """Whatever stands around it: who runs it should not believe that it was looked up."""
    answer = f"The night train to Lisbon leaves `{code}` [1]."
    assert bool(cite(answer, SOURCES, encode)) is cited


def test_lists_are_cited_line_by_line(encode: Encode) -> None:
    """Behind each entry's last word."""
    answer = "- The night train leaves at 21:43\n2. dough rests for 12 hours.\n"
    assert shown(answer, encode) == (
        "- The night train leaves at 21:43 [1]\n2. dough rests for 12 hours [2].\n"
    )


def test_one_number_stands_for_what_follows_one_another(encode: Encode) -> None:
    """Within a paragraph; an unsupported sentence between, or another paragraph, is another."""
    twice = f"{TRAIN} {TRAIN}"
    assert shown(twice, encode).count("[1]") == 1
    assert shown(twice, encode).endswith("platform 4 [1].")
    assert shown(f"{TRAIN} Mars is cold and far. {TRAIN}", encode).count("[1]") == 2
    assert shown(f"{TRAIN}\n\n{TRAIN}", encode).count("[1]") == 2
    assert shown(f"- {TRAIN}\n- {TRAIN}", encode).count("[1]") == 2


def test_another_number_is_not_from_there(encode: Encode) -> None:
    """A sentence with every word of a passage and another time does not rest on it."""
    assert shown(TRAIN.replace("21:43", "23:15"), encode).count("[") == 0


def test_no_sources_no_citations(encode: Encode) -> None:
    """Nothing to compare with."""
    assert cite(TRAIN, (), encode) == ()


@given(st.text(alphabet="ab [1]2.,`\n*#|-", max_size=60), st.integers(0, 80))
def test_any_text_keeps_its_letters(answer: str, place: int) -> None:
    """Whatever a model writes: only numbers in brackets come and go."""
    out = with_citations(answer, [Citation(place, 7)])
    assert out.count("[7]") == 1
    letters = str.maketrans("", "", "[]12, ")
    assert out.replace(" [7]", "").translate(letters) == answer.translate(letters)
    for claim in claims_of(answer):
        assert 0 <= claim.place <= len(answer)


@pytest.mark.parametrize("answer", ["." * 60_000, "[1] " * 20_000, " " * 100_000, "`" * 50_000])
def test_hostile_answers_take_no_time(answer: str) -> None:
    """Linear, or the test's time limit ends it."""
    with_citations(answer, cite(answer, SOURCES, words_alone))


def test_words() -> None:
    """Folded, without endings, without those that say nothing."""
    assert stems("The Trains were leaving Zürich, it's 21.43!") == [
        "train",
        "leav",
        "zurich",
        "21.43",
    ]
    assert numbers("1,000 euros at 21.43") == {"1000", "2143"}
    assert share(["a", "b"], ["b", "c"]) == 0.5
    assert share([], ["b"]) == 0.0


@pytest.mark.parametrize(
    ("question", "general"),
    [
        ("What is this note about?", True),
        ("Summarise this for me, please.", True),
        ("What are the main points?", True),
        ("What does it say of trains?", False),
        ("Lisbon?", False),
    ],
)
def test_general_questions(question: str, general: bool) -> None:
    """Those that say nothing of a subject."""
    assert is_general(question) is general
