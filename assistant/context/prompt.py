"""What the model sees: pure functions from messages and a budget to a prompt.

The prompt is laid out so that its beginning stays the same from turn to turn, because the KV
cache is kept for the longest common prefix: first the system text, then the turns. Where old turns
left (``earlier``), the first turn begins with notes: pinned messages that left, word for word, and
a summary of all that did. They are the person's and the model's words, and so never stand in the
system's place, and are marked as earlier talk. What is given with a question (``given``) stands in
the question's own turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.context.earlier import Earlier, Notes, pins
from assistant.context.fitting import Counter, Group, Quote, Said, Text, cut, joined
from assistant.context.given import written_out
from assistant.engine.protocol import Turn
from assistant.errors import PromptTooLong
from assistant.records import ContextView, Summary

__all__ = ["Budget", "Counter", "Leaving", "Prompt", "Quote", "Said", "build", "leaving"]

_SYSTEM_SHARE: Final = 0.25
_REPLY_SHARE: Final = 0.5
_LAST_SHARE: Final = 0.75  # for an answer to go on with; the rest is its question's

_LEAST_ROOM: Final = 16
"""Tokens for texts below which there is no sense in asking a model anything."""

_QUESTION_TOKENS: Final = 64
_QUESTION_SHARE: Final = 0.25
"""What the next question is taken to need: so many tokens, or that share of a smaller room."""


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
        view: The same, for the person: how much of it is what, and what was left out.
        continue_from: The beginning of the answer that is to be gone on with.
        omitted_messages: Earlier messages that were left out whole, and are in no summary.
        omitted_tokens: Tokens missing from the middle of the question.
        passages: How many of the question's passages are there, from the first on.
    """

    turns: tuple[Turn, ...]
    tokens: int
    view: ContextView
    continue_from: str = field(default="", repr=False)
    omitted_messages: int = 0
    omitted_tokens: int = 0
    passages: int = 0

    @property
    def left_out(self) -> str:
        """What was left out, as a sentence for the person; empty where nothing was."""
        return self.view.left_out


@dataclass(frozen=True, slots=True)
class Leaving:
    """A block of messages that makes room for the next turn.

    Attributes:
        said: The messages, oldest first.
        summary: What stands for all before them already; empty where nothing is before them.
        reaches_to: The id of the last message that a summary of both stands for.
    """

    said: tuple[Said, ...]
    summary: str = field(repr=False)
    reaches_to: int


def build(
    system: str,
    said: Sequence[Said],
    count: Counter,
    budget: Budget,
    summaries: Sequence[Summary] = (),
) -> Prompt:
    """Fit a conversation into ``budget``; the result never exceeds ``budget.prompt``.

    Args:
        system: The system text; cut where it is longer than a quarter of the budget.
        said: The conversation, oldest first. It ends with the question, which is empty where
            it is not known yet, or with the beginning of an answer, which becomes
            ``Prompt.continue_from``.
        count: Tokens of each text.
        budget: What may be used.
        summaries: What may stand for the conversation's beginning, the earliest first.

    Returns:
        The turns to send, system turn first. Neighbours of one role are joined, because many
        chat templates refuse them, and the first turn after the system's is the user's.

    Raises:
        PromptTooLong: the template's overheads alone leave no room.
    """
    opening, room = _opening(system, count, budget)
    given = written_out(said, count, room, budget.per_turn)
    said = given.said
    groups = joined(said)
    # The question, and the answer begun after it, always stay; the rest as far as it fits.
    ends_with_answer = len(groups) > 1 and groups[-1].turn.role == "assistant"
    split = max(0, len(groups) - (2 if ends_with_answer else 1))
    earlier = Earlier(
        groups[:split], _places(said, groups, split), summaries, count, budget.per_turn, room
    )
    last = _fit(
        [group.turn for group in groups[split:]],
        count,
        budget.per_turn,
        room - earlier.notes(split).cost,
    )
    start = earlier.start(sum(text.cost for text in last))
    laid = _Laid(groups, split, start, opening, earlier, last, given.shortened)
    begun = laid.texts[-1].turn.text if ends_with_answer else ""
    texts = laid.texts[:-1] if ends_with_answer else laid.texts
    added = _put_before(texts, laid.notes, count)
    spent = budget.fixed + added + sum(text.cost for text in (*opening, *laid.texts))
    return Prompt(
        turns=tuple(text.turn for text in (*opening, *texts)),
        tokens=spent,
        view=_view(laid, budget, spent),
        continue_from=begun,
        omitted_messages=laid.omitted,
        omitted_tokens=last[0].missing if last else 0,
        passages=given.passages,
    )


def leaving(
    system: str,
    said: Sequence[Said],
    count: Counter,
    budget: Budget,
    summaries: Sequence[Summary] = (),
) -> Leaving | None:
    """The block that makes room for the next turn, where a typical question would not fit.

    Args:
        system: As for ``build``.
        said: What was said and is stored, oldest first.
        count: As for ``build``.
        budget: As for ``build``.
        summaries: As for ``build``.

    Returns:
        None where everything fits that ``summaries`` do not stand for.

    Raises:
        PromptTooLong: the template's overheads alone leave no room.
    """
    _, room = _opening(system, count, budget)
    groups = joined(written_out(said, count, room, budget.per_turn).said)
    waits = bool(groups) and groups[-1].turn.role == "user"  # a question without its answer
    split = len(groups) - waits
    earlier = Earlier(
        groups[:split], _places(said, groups, split), summaries, count, budget.per_turn, room
    )
    question = min(_QUESTION_TOKENS + budget.per_turn, int(room * _QUESTION_SHARE))
    if waits:
        (asked,) = count([groups[-1].turn.text])
        question = min(room, question + asked)
    start = earlier.start(question)
    if start <= earlier.first:
        return None
    end = groups[start].places[0] if start < len(groups) else len(said)
    # As they were said: a summary is of that, not of what was attached.
    left = tuple(one for one in said[groups[earlier.first].places[0] : end] if one.turn.text)
    return Leaving(left, earlier.summary.text if earlier.summary else "", said[end - 1].id)


@dataclass(frozen=True, slots=True)
class _Laid:
    """A conversation with what stays of it decided: everything before ``start`` left."""

    groups: Sequence[Group]
    split: int
    start: int
    opening: Sequence[Text]
    earlier: Earlier
    last: Sequence[Text]
    attached_shortened: int = 0

    @property
    def notes(self) -> Notes:
        return self.earlier.notes(self.start)

    @property
    def texts(self) -> list[Text]:
        """What stays, as it is sent, but for the notes."""
        return [*self.earlier.texts[self.start : self.split], *self.last]

    @property
    def summarised(self) -> int:
        """Messages that the summary stands for, where there is room for it."""
        return _messages(self.groups[: self.earlier.first]) if self.notes.summarised else 0

    @property
    def omitted(self) -> int:
        """Messages that are neither there nor in the summary; pinned ones are there."""
        after = self.earlier.first if self.summarised else 0
        left = self.groups[after : self.start]
        # Of the pinned ones the newest are there, so those after the summary come first.
        there = pins(self.groups[: self.start]) - self.notes.missing_pins
        return _messages(left) - min(pins(left), there)

    @property
    def first_kept(self) -> int | None:
        """The earliest message that stays; None where all do."""
        return self.groups[self.start].said[0].id if self.start else None

    @property
    def left_out(self) -> str:
        """See ``Prompt.left_out``."""
        asked = self.last[0].missing if self.last else 0
        others = [*self.opening, *self.earlier.texts[self.start : self.split], *self.last[1:]]
        shortened = sum(1 for text in others if text.missing)
        parts = []
        if self.omitted:
            parts.append(_left_out_words(self.omitted, after_summary=bool(self.summarised)))
        if self.notes.missing_pins:
            parts.append(_pins_words(self.notes.missing_pins))
        if self.attached_shortened:
            parts.append("What is attached was shortened.")
        if asked:
            parts.append(f"The middle of your message was left out ({asked} tokens).")
        if shortened:
            texts = "A long text was" if shortened == 1 else f"{shortened} long texts were"
            parts.append(f"{texts} shortened.")
        if parts:
            parts.insert(0, "The context is full.")
        if self.summarised:
            parts.insert(0, _summarised_words(self.summarised))
        return " ".join(parts)


def _summarised_words(count: int) -> str:
    if count == 1:
        return "The earliest message is summarised."
    return f"The {count} earliest messages are summarised."


def _left_out_words(count: int, *, after_summary: bool) -> str:
    if after_summary:
        return f"{count} later message{' was' if count == 1 else 's were'} left out."
    return (
        "The earliest message was left out."
        if count == 1
        else f"The {count} earliest messages were left out."
    )


def _pins_words(count: int) -> str:
    what = "A pinned message does" if count == 1 else f"{count} pinned messages do"
    return f"{what} not fit any more."


def _view(laid: _Laid, budget: Budget, tokens: int) -> ContextView:
    instructions = budget.fixed + sum(text.cost for text in laid.opening)
    notes = laid.notes
    return ContextView(
        instructions=instructions,
        pinned=notes.pinned,
        summary_tokens=notes.summary,
        conversation=tokens - instructions - notes.pinned - notes.summary,
        reply=budget.cap - budget.prompt,
        cap=budget.cap,
        first_kept_id=laid.first_kept,
        summary=notes.summarised,
        left_out=laid.left_out,
    )


def _opening(system: str, count: Counter, budget: Budget) -> tuple[list[Text], int]:
    """The system turn, and the tokens that are left for everything else."""
    room = budget.prompt - budget.fixed
    if room < 3 * budget.per_turn + _LEAST_ROOM:
        raise PromptTooLong("The context is too small.", "Raise it in Settings.")
    if not system:
        return [], room
    text = cut(Turn("system", system), count, budget.per_turn, int(room * _SYSTEM_SHARE))
    return [text], room - text.cost


def _fit(turns: Sequence[Turn], count: Counter, per_turn: int, room: int) -> list[Text]:
    """Cut turns that must stay to ``room`` tokens, the later ones having the first claim."""
    fitted: list[Text] = []
    for left, turn in zip(range(len(turns) - 1, -1, -1), reversed(turns), strict=True):
        spent = sum(text.cost for text in fitted)
        limit = int((room - spent) * (_LAST_SHARE if left else 1))
        fitted.insert(0, cut(turn, count, per_turn, limit))
    return fitted


def _put_before(texts: list[Text], notes: Notes, count: Counter) -> int:
    """Begin the first turn with the notes; returns how many tokens that adds."""
    if not notes.text or not texts:
        return 0
    first = texts[0].turn
    text = f"{notes.text}{first.text}"
    texts[0] = Text(Turn(first.role, text), texts[0].cost, texts[0].missing)
    with_notes, without = count([text, first.text])
    return with_notes - without


def _places(said: Sequence[Said], groups: Sequence[Group], split: int) -> dict[int, int]:
    """Of each message before the question, by its id."""
    end = groups[split].places[0] if split < len(groups) else len(said)
    return {one.id: place for place, one in enumerate(said[:end])}


def _messages(groups: Sequence[Group]) -> int:
    return sum(len(group.said) for group in groups)
