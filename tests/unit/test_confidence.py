"""How far an answer can be trusted: what is heard, what is said of it, and where it is kept."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from assistant.asking.records import Scope
from assistant.confidence.fitted import BY_PASSAGES, BY_WORDS
from assistant.confidence.hearing import Certainty
from assistant.confidence.records import (
    CONFIDENT,
    DOUBTFUL,
    SENTENCES,
    Confidence,
    Doubt,
    sentence_of,
)
from assistant.confidence.signal import HEARD_TOKENS, Passages, Words, passages_of, words_of
from assistant.engine.protocol import GenerationRequest, Piece, Sampling, Turn
from assistant.records import MessageState
from assistant.settings import Settings
from assistant.store import message_rows
from benchmarks.confidence_data import Question, questions
from benchmarks.engine_asking import engine
from models.starter import starter_model
from tests.fakes.engine import FakeEngine
from tests.fakes.retriever import FakeRetriever, hit
from tests.unit.services import Services


def pieces(*logprobs: float) -> list[Piece]:
    """A token for each."""
    return [Piece("word ", 1, one) for one in logprobs]


# -- features --------------------------------------------------------------------------------------


def test_words_are_their_mean_and_their_lowest() -> None:
    """Over the tokens; those of one piece share what was told of it."""
    found = words_of([Piece("a b ", 2, -2.0), Piece("c", 1, -4.0)])
    assert found == Words(mean=-2.0, lowest=-4.0)


def test_only_the_beginning_counts() -> None:
    """What comes after the first tokens changes nothing."""
    first = pieces(*[-0.5] * HEARD_TOKENS)
    assert words_of([*first, *pieces(-9.0, -9.0)]) == words_of(first)


@pytest.mark.parametrize(
    "heard",
    [
        [],
        pieces(-1.0),
        pieces(-1.0, -1.0),
        [Piece("said instead", 0)],
        [Piece("word ", 1)] * 5,
        pieces(-1.0, -1.0, math.nan),
        pieces(-1.0, -1.0, -math.inf),
    ],
)
def test_too_little_says_nothing(heard: list[Piece]) -> None:
    """Short answers, answers that no model wrote, and numbers that are none."""
    assert words_of(heard) is None


def test_passages_are_the_nearest_and_how_far_the_next_lies_behind() -> None:
    """In any order; those that were found by words alone are not counted."""
    assert passages_of([0.5, 0.75, 0.0]) == Passages(top=0.75, margin=0.25)
    assert passages_of([0.5]) == Passages(top=0.5, margin=0.5)
    assert passages_of([]) is None
    assert passages_of([0.0, 0.0]) is None


# -- what is said ----------------------------------------------------------------------------------


def test_surer_words_are_likelier_right() -> None:
    """The probability falls with each of the features."""
    sure, unsure = Words(-0.05, -0.2), Words(-1.2, -5.0)
    assert BY_WORDS.judge(sure.values).probability > 0.85
    low = BY_WORDS.judge(unsure.values)
    assert low.probability < 0.2
    assert low.is_doubtful
    assert low.doubt is Doubt.MOMENT
    assert low.sentence == "The model was unsure at one place of its answer."


def test_words_that_are_all_a_little_unsure() -> None:
    """No place of it is worse than another: it is all of them."""
    assert BY_WORDS.judge(Words(-1.3, -1.4).values).doubt is Doubt.WORDS


def test_a_model_that_was_sure_is_small_all_the_same() -> None:
    """Where nothing speaks against it, the reason is the model."""
    found = BY_WORDS.judge(Words(-0.3, -1.1).values)
    assert found.probability < CONFIDENT
    assert found.doubt is Doubt.SIZE


def test_nearer_passages_are_likelier_the_right_ones() -> None:
    """And loose ones are the reason for the doubt."""
    near = BY_PASSAGES.judge(Passages(0.9, 0.4).values)
    loose = BY_PASSAGES.judge(Passages(0.42, 0.02).values)
    assert near.probability >= CONFIDENT
    assert near.doubt is Doubt.NONE
    assert near.sentence == ""
    assert loose.probability < DOUBTFUL
    assert loose.sentence == "The passages are only loosely about this."


@pytest.mark.parametrize("value", [-1e9, 1e9])
def test_no_number_is_too_large(value: float) -> None:
    """A probability is one."""
    assert 0 <= BY_WORDS.judge((value, value)).probability <= 1


def test_every_doubt_has_its_words() -> None:
    """And a code that nobody knows has none."""
    assert set(SENTENCES) == set(Doubt)
    assert all(sentence for doubt, sentence in SENTENCES.items() if doubt)
    assert sentence_of("words") == SENTENCES[Doubt.WORDS]
    assert sentence_of("from a newer Hush") == ""


def test_certainty_judges_by_what_there_is() -> None:
    """By words where the model was alone, by passages where it had some, else not at all."""
    heard = Certainty()
    assert heard.judge() is None
    for piece in pieces(-0.1, -0.2, -0.1, -0.1):
        heard.hear(piece)
    assert isinstance(heard.judge(), Confidence)
    assert heard.judge([]) is None
    near = heard.judge([0.9, 0.4])
    assert near
    assert near.probability > 0.9


# -- in a reply ------------------------------------------------------------------------------------


@pytest.fixture
def services() -> Iterator[Services]:
    """A chat with an engine that tells log-probabilities."""
    services = Services(FakeEngine(lambda _: "The capital of France is Paris."))
    services.engine.logprob = -0.05
    yield services
    services.close()


def test_an_answer_keeps_its_confidence(services: Services) -> None:
    """It is in the event's message, and in the vault."""
    answer = services.ask("What is the capital of France?")
    assert answer.confidence == BY_WORDS.probability((-0.05, -0.05))
    kept = services.thread(answer.conversation_id).messages
    assert kept[-1].confidence == answer.confidence
    assert kept[-1].doubt == answer.doubt
    assert kept[0].confidence is None


def test_an_unsure_answer_keeps_its_reason(services: Services) -> None:
    """As a code, whose words are asked for when it is shown."""
    services.engine.logprob = -1.4
    answer = services.ask("What is the capital of France?")
    assert answer.confidence is not None
    assert answer.confidence < DOUBTFUL
    assert sentence_of(answer.doubt) == "The model was unsure of its words."


def test_an_engine_that_tells_none_has_none(services: Services) -> None:
    """Nothing is made up."""
    services.engine.logprob = None
    answer = services.ask("What is the capital of France?")
    assert (answer.confidence, answer.doubt) == (None, "")


def test_a_failed_answer_has_none(services: Services) -> None:
    """It did not end."""
    services.engine.die_after = 4
    answer = services.ask("What is the capital of France?")
    assert answer.state is MessageState.FAILED
    assert answer.confidence is None


def test_an_answer_that_is_gone_on_with_keeps_what_was_known(services: Services) -> None:
    """The beginning is what was judged."""
    answer = services.ask("What is the capital of France?")
    services.engine.script = lambda request: f"{request.continue_from} It lies on the Seine."
    services.engine.logprob = -3.0
    again = services.ended(services.chat.resume(answer.id)).message
    assert again.text.endswith("It lies on the Seine.")
    assert (again.confidence, again.doubt) == (answer.confidence, answer.doubt)


def test_an_interrupted_answer_has_none(services: Services) -> None:
    """The program ended before anything was judged."""
    answer = services.ask("What is the capital of France?")
    work = services.vault.write
    work(
        lambda c: c.execute("UPDATE message SET state = 'streaming', confidence = NULL")
    ).exception(10)
    work(message_rows.interrupt_leftovers).result(10)
    found = services.vault.read(lambda c: message_rows.get(c, answer.id)).result(10)
    assert found.state is MessageState.INTERRUPTED
    assert found.confidence is None


@pytest.mark.parametrize(("similarity", "doubtful"), [(0.9, False), (0.45, True)])
def test_an_answer_from_notes_is_judged_by_its_passages(similarity: float, doubtful: bool) -> None:
    """However sure the model was of its words."""
    retriever = FakeRetriever(
        [hit("The night train to Lisbon leaves at 21:43.", "Trains", similarity=similarity)]
    )
    services = Services(FakeEngine(lambda _: "It leaves at 21:43."), retriever=retriever)
    try:
        services.engine.logprob = -0.01
        services.vault.write(
            lambda c: c.execute(
                "INSERT INTO note (id, title, title_by, text, revision, created_at, updated_at)"
                " VALUES (1, '', 'text', '', 1, 0, 0)"
            ).fetchall()
        ).result(10)
        run = services.chat.send(None, "When does the night train leave?", scope=Scope())
        answer = services.ended(run).message
        assert answer.confidence is not None
        assert (answer.confidence < DOUBTFUL) is doubtful
    finally:
        services.close()


def test_what_was_said_instead_of_an_answer_has_none() -> None:
    """No model wrote it."""
    services = Services(FakeEngine(), retriever=FakeRetriever([]))
    try:
        services.engine.logprob = -0.01
        run = services.chat.send(None, "When does the night train leave?", scope=Scope())
        assert services.ended(run).message.confidence is None
    finally:
        services.close()


# -- the real model, and what it was fitted to -----------------------------------------------------


def test_the_questions_are_labelled_as_a_person_would() -> None:
    """An answer counts as words of its own; letters of a symbol in their case."""
    assert len(questions()) >= 150
    assert all(one.text.endswith("?") and all(one.answers) for one in questions())
    tungsten = Question("Symbol?", ("W",))
    assert tungsten.is_answered_by("It is W.")
    assert not tungsten.is_answered_by("What is it? Tungsten, with wolfram.")
    leap = Question("Days?", ("366",))
    assert not leap.is_answered_by("It has 3,366 days.")
    assert not leap.is_answered_by("It has 3660 days.")
    assert Question("Who?", ("Márquez",)).is_answered_by("Gabriel Garcia Marquez wrote it.")


def test_the_real_model_is_surer_of_paris_than_of_thimphu() -> None:
    """What it knows well and what it does not are told apart."""
    said = {}
    with engine(starter_model()) as running:
        for country in ("France", "Bhutan"):
            question = Turn("user", f"What is the capital of {country}?")
            turns = (Turn("system", Settings().system_prompt), question)
            request = GenerationRequest(turns, 16, Sampling(temperature=0), logprobs=True)
            heard = Certainty()
            for event in running.generate(request):
                if isinstance(event, Piece):
                    heard.hear(event)
            said[country] = heard.judge()
    assert said["France"]
    assert said["Bhutan"]
    assert said["France"].probability > said["Bhutan"].probability + 0.2
