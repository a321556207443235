"""``prompt.build``: it fits, it is stable, and it says what it left out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.protocol import Turn
from assistant.prompt import Budget, Prompt, build
from tests.fakes.engine import words

BUDGET = Budget(cap=200, reply=50, fixed=3, per_turn=4)


def count(texts: Sequence[str]) -> list[int]:
    """A token is a word, as in the fake engine."""
    return [len(words(text)) for text in texts]


def real_tokens(prompt: Prompt, budget: Budget) -> int:
    """What the prompt costs, counted afresh from what it would send."""
    texts = [turn.text for turn in prompt.turns]
    if prompt.continue_from:
        texts.append(prompt.continue_from)
    return budget.fixed + budget.per_turn * len(texts) + sum(count(texts))


def conversation(lengths: Sequence[int]) -> list[Turn]:
    """Questions and answers in turn, of so many words each."""
    return [
        Turn("assistant" if index % 2 else "user", "word " * (length - 1) + f"w{index}")
        for index, length in enumerate(lengths)
    ]


lengths = st.lists(st.integers(1, 120), min_size=1, max_size=60)


@given(lengths, st.integers(120, 4000), st.integers(1, 5000), st.integers(0, 300))
def test_never_exceeds_the_cap(sizes: list[int], cap: int, reply: int, system: int) -> None:
    """Whatever the conversation and the settings, the prompt leaves room for a reply."""
    budget = Budget(cap=cap, reply=reply, fixed=3, per_turn=4)
    prompt = build("rule " * system, conversation(sizes), count, budget)
    assert prompt.tokens == real_tokens(prompt, budget)
    assert prompt.tokens <= budget.prompt < cap


@given(lengths)
def test_the_last_question_is_always_there(sizes: list[int]) -> None:
    """The question comes last; before it user and assistant alternate, the user first."""
    turns = conversation(sizes)
    if turns[-1].role == "assistant":
        turns.pop()
    if not turns:
        return
    prompt = build("Be kind.", turns, count, BUDGET)
    roles = [turn.role for turn in prompt.turns]
    assert roles[0] == "system"
    assert roles[1::2] == ["user"] * len(roles[1::2])
    assert roles[2::2] == ["assistant"] * len(roles[2::2])
    assert prompt.turns[-1].text.endswith(turns[-1].text[-5:])


def test_short_conversation_is_whole() -> None:
    """Nothing is left out where everything fits, and nothing is said about it."""
    turns = conversation([5, 5, 5])
    prompt = build("Be kind.", turns, count, BUDGET)
    assert prompt.turns == (Turn("system", "Be kind."), *turns)
    assert prompt.left_out == ""


def test_old_turns_leave_in_one_block() -> None:
    """Over many turns the beginning of the prompt rarely moves: the KV cache stays useful."""
    starts = []
    for size in range(1, 80, 2):
        prompt = build("Be kind.", conversation([8] * size), count, BUDGET)
        starts.append(prompt.omitted_messages)
    moves = sum(1 for a, b in pairwise(starts) if a != b)
    assert starts == sorted(starts)
    assert 0 < moves <= len(starts) // 3


def test_says_how_many_messages_were_left_out() -> None:
    """The sentence for the person counts what is missing."""
    prompt = build("", conversation([40] * 9), count, BUDGET)
    assert prompt.omitted_messages > 0
    assert str(prompt.omitted_messages) in prompt.left_out


def test_question_longer_than_the_cap_keeps_both_ends() -> None:
    """A paste that does not fit loses its middle, and the person is told how much."""
    text = " ".join(f"w{number}" for number in range(1000))
    prompt = build("", [Turn("user", text)], count, BUDGET)
    sent = prompt.turns[-1].text
    assert sent.startswith("w0 w1 ")
    assert sent.endswith(" w999")
    assert "[…]" in sent
    assert prompt.omitted_tokens > 800
    assert "middle of your message" in prompt.left_out
    assert real_tokens(prompt, BUDGET) <= BUDGET.prompt


def test_an_answer_to_go_on_with_is_not_a_turn() -> None:
    """The begun answer becomes ``continue_from``; its question stays."""
    turns = [Turn("user", "Tell a story."), Turn("assistant", "Once upon")]
    prompt = build("Be kind.", turns, count, BUDGET)
    assert prompt.continue_from == "Once upon"
    assert prompt.turns == (Turn("system", "Be kind."), turns[0])


def test_a_long_answer_to_go_on_with_keeps_its_end_and_its_question() -> None:
    """What comes next depends on the end of the answer."""
    story = " ".join(f"w{number}" for number in range(600))
    prompt = build("", [Turn("user", "Tell a story."), Turn("assistant", story)], count, BUDGET)
    assert prompt.continue_from.endswith("w599")
    assert prompt.turns == (Turn("user", "Tell a story."),)
    assert real_tokens(prompt, BUDGET) <= BUDGET.prompt


def test_empty_answers_vanish_and_neighbours_join() -> None:
    """An answer that failed at once leaves two questions side by side: they become one turn."""
    turns = [Turn("user", "one"), Turn("assistant", ""), Turn("user", "two")]
    prompt = build("", turns, count, BUDGET)
    assert prompt.turns == (Turn("user", "one\n\ntwo"),)


def test_system_text_is_cut_to_its_share() -> None:
    """A huge system text cannot push the question out."""
    prompt = build("rule " * 5000, [Turn("user", "why")], count, BUDGET)
    assert prompt.turns[-1].text == "why"
    assert real_tokens(prompt, BUDGET) <= BUDGET.prompt
