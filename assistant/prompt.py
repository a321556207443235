"""What the model sees: pure functions from messages and a budget to a prompt.

The prompt is laid out so that its beginning stays the same from turn to turn, because the KV
cache is kept for the longest common prefix: first the system text, then the turns. When the
turns outgrow the budget, the oldest leave in one block, down to ``_LOW_WATER`` of the budget, and
then nothing moves again for many turns. Which turns leave depends only on the turns themselves,
so the same conversation always gives the same prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from assistant.engine.protocol import Turn
from assistant.errors import PromptTooLong

Counter = Callable[[Sequence[str]], list[int]]
"""Tokens of each text, as the engine counts them."""

_LOW_WATER: Final = 0.5
"""Share of the budget that is left filled when a block of old turns leaves."""

_SYSTEM_SHARE: Final = 0.25
_REPLY_SHARE: Final = 0.5
_LAST_SHARE: Final = 0.75  # for an answer to go on with; the rest is its question's
_HEAD_SHARE: Final = 0.6  # of a message that is cut: its beginning says what it is about
_GAP: Final = "\n[…]\n"

_EARLIER_SHARE: Final = 0.5
"""Share of the room for one earlier message: a long paste must not push out its answer."""

_LEAST_ROOM: Final = 16
"""Tokens for texts below which there is no sense in asking a model anything."""

_SHRINK: Final = 0.97  # a cut that was too long is made shorter in proportion, and a little more


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

    Attributes:
        turns: In the order the model reads them; the system turn first.
        tokens: Of everything, the template's overheads too.
        continue_from: The beginning of the answer that is to be gone on with.
        omitted_messages: Earlier messages that were left out whole.
        omitted_tokens: Tokens missing from the middle of the question.
        shortened: Other texts whose middle is missing.
    """

    turns: tuple[Turn, ...]
    tokens: int
    continue_from: str = field(default="", repr=False)
    omitted_messages: int = 0
    omitted_tokens: int = 0
    shortened: int = 0

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
        if self.shortened:
            texts = (
                "A long text was" if self.shortened == 1 else f"{self.shortened} long texts were"
            )
            parts.append(f"{texts} shortened.")
        return " ".join(["The context is full.", *parts]) if parts else ""


def build(system: str, turns: Sequence[Turn], count: Counter, budget: Budget) -> Prompt:
    """Fit a conversation into ``budget``; the result never exceeds ``budget.prompt``.

    Args:
        system: The system text; cut where it is longer than a quarter of the budget.
        turns: The conversation, oldest first. It ends with the question, or with the beginning
            of an answer, which becomes ``Prompt.continue_from``.
        count: Tokens of each text.
        budget: What may be used.

    Returns:
        The turns to send, system turn first. Neighbours of one role are joined, because many
        chat templates refuse them, and the first turn after the system's is the user's.

    Raises:
        PromptTooLong: the template's overheads alone leave no room.
    """
    room = budget.prompt - budget.fixed
    if room < 3 * budget.per_turn + _LEAST_ROOM:
        raise PromptTooLong("The context is too small.", "Raise it in Settings.")
    opening = _fit([Turn("system", system)] if system else [], count, budget, room)
    room -= opening.cost
    joined, sizes = _joined(turns)
    # The question, and the answer begun after it, always stay; the rest as far as it fits.
    ends_with_answer = len(joined) > 1 and joined[-1].role == "assistant"
    split = len(joined) - (2 if ends_with_answer else 1)
    last = _fit(joined[split:], count, budget, room)
    earlier = _shorten(joined[:split], count, budget, room)
    start = _first_kept([*(text.cost for text in earlier), last.cost], room)
    while start < split and earlier[start].turn.role != "user":
        start += 1
    kept = earlier[start:]
    sent = [*opening.turns, *(text.turn for text in kept), *last.turns]
    begun = sent.pop().text if ends_with_answer else ""
    cut = [*opening.missing, *(text.missing for text in kept), *last.missing[1:]]
    return Prompt(
        turns=tuple(sent),
        tokens=budget.fixed + opening.cost + sum(text.cost for text in kept) + last.cost,
        continue_from=begun,
        omitted_messages=sum(sizes[:start]),
        omitted_tokens=last.missing[0],
        shortened=sum(1 for missing in cut if missing),
    )


@dataclass(frozen=True, slots=True)
class _Text:
    """A turn as it is sent, what it costs with its overhead, and how many tokens it misses."""

    turn: Turn
    cost: int
    missing: int


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Turns that must stay."""

    texts: tuple[_Text, ...] = ()

    @property
    def turns(self) -> list[Turn]:
        return [text.turn for text in self.texts]

    @property
    def cost(self) -> int:
        return sum(text.cost for text in self.texts)

    @property
    def missing(self) -> list[int]:
        return [text.missing for text in self.texts]


def _fit(turns: Sequence[Turn], count: Counter, budget: Budget, room: int) -> _Fitted:
    """Cut turns that must stay to ``room`` tokens, the later ones having the first claim."""
    fitted = _Fitted()
    for left, turn in zip(range(len(turns) - 1, -1, -1), reversed(turns), strict=True):
        share = _SYSTEM_SHARE if turn.role == "system" else _LAST_SHARE if left else 1
        text = _cut(turn, count, budget, int((room - fitted.cost) * share))
        fitted = _Fitted((text, *fitted.texts))
    return fitted


def _shorten(turns: Sequence[Turn], count: Counter, budget: Budget, room: int) -> list[_Text]:
    """Earlier turns, each cut to its share of the room."""
    limit = int(room * _EARLIER_SHARE)
    costs = [tokens + budget.per_turn for tokens in count([turn.text for turn in turns])]
    return [
        _Text(turn, cost, 0) if cost <= limit else _cut(turn, count, budget, limit)
        for turn, cost in zip(turns, costs, strict=True)
    ]


def _joined(turns: Sequence[Turn]) -> tuple[list[Turn], list[int]]:
    """Drop empty turns and join neighbours of one role; tell how many went into each."""
    joined: list[Turn] = []
    sizes: list[int] = []
    for turn in turns:
        if not turn.text:
            continue
        if joined and joined[-1].role == turn.role:
            joined[-1] = Turn(turn.role, f"{joined[-1].text}\n\n{turn.text}")
            sizes[-1] += 1
        else:
            joined.append(turn)
            sizes.append(1)
    return joined, sizes


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


def _cut(turn: Turn, count: Counter, budget: Budget, limit: int) -> _Text:
    """Shorten a turn to cost at most ``limit`` tokens by leaving out its middle.

    Cuts in proportion to one count of the whole, and again where what is left is denser.
    """
    limit -= budget.per_turn
    (total,) = count([turn.text])
    if total <= limit:
        return _Text(turn, total + budget.per_turn, 0)
    kept = len(turn.text) * max(0, limit) // total
    while kept > 0:
        text = _without_middle(turn.text, kept)
        (tokens,) = count([text])
        if tokens <= limit:
            return _Text(Turn(turn.role, text), tokens + budget.per_turn, max(1, total - tokens))
        kept = min(kept - 1, int(kept * limit / tokens * _SHRINK))
    return _Text(Turn(turn.role, ""), budget.per_turn, total)


def _without_middle(text: str, kept: int) -> str:
    head = int(kept * _HEAD_SHARE)
    tail = kept - head
    return f"{text[:head]}{_GAP}{text[len(text) - tail :]}"
