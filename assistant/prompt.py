"""What the model sees: pure functions from messages and a budget to a prompt.

The prompt is laid out so that its beginning stays the same from turn to turn, because the KV
cache is kept for the longest common prefix: first the system text, then the turns. When the
turns outgrow the budget, the oldest leave in one block, down to ``_LOW_WATER`` of the budget, and
then nothing moves again for many turns. Which turns leave depends only on the turns themselves,
so the same conversation always gives the same prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from assistant.engine.protocol import Turn

Counter = Callable[[Sequence[str]], list[int]]
"""Tokens of each text, as the engine counts them."""

_LOW_WATER: Final = 0.5
"""Share of the budget that is left filled when a block of old turns leaves."""

_SYSTEM_SHARE: Final = 0.25
_REPLY_SHARE: Final = 0.5
_LAST_SHARE: Final = 0.75  # for an answer to go on with; the rest is its question's
_HEAD_SHARE: Final = 0.6  # of a message that is cut: its beginning says what it is about
_GAP: Final = "\n[…]\n"
_CHARACTERS_PER_TOKEN: Final = 32
"""No text has more than this per token on average: beyond it counting would only cost time."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens: the context's cap, what the reply may take, and the chat template's overheads."""

    cap: int
    reply: int
    fixed: int
    per_turn: int

    @property
    def prompt(self) -> int:
        """Tokens that the prompt may take, overheads included; at least half of the cap."""
        return self.cap - max(1, min(self.reply, int(self.cap * _REPLY_SHARE)))


@dataclass(frozen=True, slots=True)
class Prompt:
    """What goes to the model, and what does not.

    ``tokens`` counts everything, the template's overheads too. ``continue_from`` is the beginning
    of the answer that is to be gone on with. ``omitted_messages`` earlier messages were left out
    whole, ``omitted_tokens`` tokens from the middle of the last ones.
    """

    turns: tuple[Turn, ...]
    tokens: int
    continue_from: str = ""
    omitted_messages: int = 0
    omitted_tokens: int = 0

    @property
    def left_out(self) -> str:
        """What was left out, as a sentence for the person; empty where nothing was."""
        parts = []
        if self.omitted_messages == 1:
            parts.append("The earliest message was left out.")
        elif self.omitted_messages:
            parts.append(f"The {self.omitted_messages} earliest messages were left out.")
        if self.omitted_tokens:
            parts.append(f"The middle of your message was left out ({self.omitted_tokens} tokens).")
        return " ".join(["The context is full.", *parts]) if parts else ""


def build(system: str, turns: Sequence[Turn], count: Counter, budget: Budget) -> Prompt:
    """Fit a conversation into ``budget``; the result never exceeds ``budget.prompt``.

    Args:
        system: The system text; cut where it is longer than a quarter of the budget.
        turns: The conversation, oldest first. It ends with the question, or with the beginning
            of an answer, which becomes ``Prompt.continue_from``.
        count: Tokens of each text.
        budget: What may be used. It must hold the overheads of three turns and a few tokens.

    Returns:
        The turns to send, system turn first. Neighbours of one role are joined, because many
        chat templates refuse them, and the first turn after the system's is the user's.
    """
    room = budget.prompt - budget.fixed
    opening, opening_cost, _ = _fit([Turn("system", system)] if system else [], count, budget, room)
    room -= opening_cost
    turns = _joined(turns)
    # The question, and the answer begun after it, always stay; the rest as far as it fits.
    ends_with_answer = len(turns) > 1 and turns[-1].role == "assistant"
    earlier, last = (turns[:-2], turns[-2:]) if ends_with_answer else (turns[:-1], turns[-1:])
    last, last_cost, omitted_tokens = _fit(last, count, budget, room)
    costs = [tokens + budget.per_turn for tokens in count([turn.text for turn in earlier])]
    start = _first_kept([*costs, last_cost], room)
    while start < len(earlier) and earlier[start].role != "user":
        start += 1
    sent = [*opening, *earlier[start:], *last]
    begun = sent.pop().text if ends_with_answer else ""
    return Prompt(
        turns=tuple(sent),
        tokens=budget.fixed + opening_cost + sum(costs[start:]) + last_cost,
        continue_from=begun,
        omitted_messages=start,
        omitted_tokens=omitted_tokens,
    )


def _fit(
    turns: Sequence[Turn], count: Counter, budget: Budget, room: int
) -> tuple[list[Turn], int, int]:
    """Cut turns that must stay to ``room`` tokens, the later ones having the first claim.

    Returns:
        The turns, what they cost with their overheads, and how many tokens are missing.
    """
    fitted: list[Turn] = []
    cost = missing = 0
    for left, turn in zip(range(len(turns) - 1, -1, -1), reversed(turns), strict=True):
        share = _SYSTEM_SHARE if turn.role == "system" else _LAST_SHARE if left else 1
        text, tokens, cut = _cut(turn.text, count, int((room - cost) * share) - budget.per_turn)
        fitted.insert(0, Turn(turn.role, text))
        cost += tokens + budget.per_turn
        missing += cut
    return fitted, cost, missing


def _joined(turns: Sequence[Turn]) -> list[Turn]:
    """Drop empty turns and join neighbours of one role."""
    joined: list[Turn] = []
    for turn in turns:
        if not turn.text:
            continue
        if joined and joined[-1].role == turn.role:
            joined[-1] = Turn(turn.role, f"{joined[-1].text}\n\n{turn.text}")
        else:
            joined.append(turn)
    return joined


def _first_kept(costs: Sequence[int], room: int) -> int:
    """Index of the first turn that stays.

    Replays the conversation turn by turn: whenever it outgrows ``room``, old turns leave until
    it fills half. The outcome for turns 1..n is thus the beginning of the outcome for 1..n+1.
    """
    ends = list(accumulate(costs))
    start, gone = 0, 0
    for index, end in enumerate(ends):
        if end - gone > room:
            while start < index and end - gone > room * _LOW_WATER:
                gone = ends[start]
                start += 1
    return start


def _cut(text: str, count: Counter, limit: int) -> tuple[str, int, int]:
    """Shorten ``text`` to ``limit`` tokens by leaving out its middle.

    Returns:
        The text, its tokens, and how many tokens are missing.
    """
    limit = max(0, limit)
    if len(text) <= limit * _CHARACTERS_PER_TOKEN:
        (whole,) = count([text])
        if whole <= limit:
            return text, whole, 0
    low, high = 0, min(len(text), limit * _CHARACTERS_PER_TOKEN)
    best, best_tokens = "", 0
    while low <= high:
        middle = (low + high) // 2
        shortened = _without_middle(text, middle)
        (tokens,) = count([shortened])
        if tokens <= limit:
            best, best_tokens, low = shortened, tokens, middle + 1
        else:
            high = middle - 1
    (total,) = count([text])
    return best, best_tokens, max(1, total - best_tokens)


def _without_middle(text: str, kept: int) -> str:
    head = int(kept * _HEAD_SHARE)
    tail = kept - head
    return f"{text[:head]}{_GAP}{text[len(text) - tail :]}"
