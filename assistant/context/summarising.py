"""The rolling summary: what the model is asked to write, in what portions, and what is accepted.

The words were chosen by trying ten ways on four conversations of six exchanges with the starter
model, and looking for 36 names, numbers and wishes in what came. Asked about a whole conversation
it mostly went on with it (13 found). With the answers cut to a dozen words and a beginning given it
found 21, but took what it had said itself for the person's words. With the person's words alone,
and the beginning, it found 23, and 22 where the second half was added to a summary of the first.
Answers cut to ten words, each half's note kept beside the other, found 26, but also gave the person
the model's words, and grow with each block. So a small model is given no answers. The four
conversations that were chosen by are also those that were counted on; differences of a few are
noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from assistant.cancel import Cancel
from assistant.context.fitting import Counter, Said, cut
from assistant.context.prompt import Leaving
from assistant.engine.protocol import (
    Engine,
    Finished,
    GenerationRequest,
    ModelInfo,
    Piece,
    Sampling,
    Turn,
)
from assistant.records import FinishReason
from assistant.text import storable

SUMMARY_TOKENS: Final = 120
"""Longest summary: at most a quarter of what is left of a 512-token context beside a reply."""

_SENTENCE_FROM: Final = 60
_SYSTEM: Final = "You summarize conversations. Keep names, numbers, dates and wishes of the user."
_SAID: Final = "Here is what a user said:"
_TASK: Final = "Summarize it."
_BEGINNING: Final = "The user said that"

_READS_ANSWERS: Final = 1_000_000_000
"""Parameters from which a model gets the beginnings of its answers, too. A judgement: no model of
that size was there to try."""

_QUESTION_TOKENS: Final = 160
_ANSWER_TOKENS: Final = 48
"""More of one message says little more of what it was about."""

_PORTION_TOKENS: Final = 800
_LEAST_PORTION: Final = 64
_OVERHEAD_TOKENS: Final = 24  # line ends and dashes between texts that were counted apart

_FEWEST_WORDS: Final = 4
_LEAST_VARIETY: Final = 0.4
"""Share of different words below which a text only repeats itself."""


def summarise(
    engine: Engine, info: ModelInfo, count: Counter, leaving: Leaving, cancel: Cancel
) -> str:
    """Have the model write a summary of the earlier one and of the messages that leave.

    A block that is larger than the context is read in portions, each with the summary of those
    before it.

    Returns:
        The summary; empty where it was cancelled, or where what came is no summary.

    Raises:
        EngineError: the engine cannot.
    """
    summary = leaving.summary
    lines = _lines(leaving.said, count, answers=info.parameters >= _READS_ANSWERS)
    for portion in _portions(lines, count, _portion_tokens(info, count)):
        summary = _acceptable(_written(engine, summary, portion, cancel))
        if not summary or cancel.asked:
            return ""
    return summary


def _lines(said: Sequence[Said], count: Counter, *, answers: bool) -> Iterator[str]:
    """What each message says, on one line; of a long one its two ends."""
    for one in said:
        is_answer = one.turn.role == "assistant"
        if is_answer and not answers:
            continue
        limit = _ANSWER_TOKENS if is_answer else _QUESTION_TOKENS
        text = " ".join(cut(one.turn, count, 0, limit).turn.text.split())
        if text:
            yield f"- (The assistant said: {text})" if is_answer else f"- {text}"


def _portion_tokens(info: ModelInfo, count: Counter) -> int:
    frame = info.template_fixed_tokens + 2 * info.template_turn_tokens
    words = sum(count([_SYSTEM, _SAID, _TASK, _BEGINNING])) + _OVERHEAD_TOKENS
    room = info.context_tokens - frame - words - 2 * SUMMARY_TOKENS  # one read, one written
    return max(_LEAST_PORTION, min(_PORTION_TOKENS, room))


def _portions(lines: Iterator[str], count: Counter, limit: int) -> Iterator[list[str]]:
    """So many tokens of lines at once."""
    portion: list[str] = []
    left = limit
    for line in lines:
        tokens = sum(count([line])) + 1
        if portion and tokens > left:
            yield portion
            portion, left = [], limit
        portion.append(line)
        left -= tokens
    if portion:
        yield portion


def _written(engine: Engine, summary: str, lines: Sequence[str], cancel: Cancel) -> str:
    before = [f"- {summary}"] if summary else []
    request = GenerationRequest(
        turns=(
            Turn("system", _SYSTEM),
            Turn("user", "\n".join([_SAID, *before, *lines, "", _TASK])),
        ),
        max_tokens=SUMMARY_TOKENS,
        sampling=Sampling(temperature=0),
        continue_from=_BEGINNING,
        sentence_from=_SENTENCE_FROM,
    )
    text: list[str] = []
    for event in engine.generate(request, cancel):
        match event:
            case Piece():
                text.append(event.text)
            case Finished(reason=FinishReason.CANCELLED):
                return ""
    return "".join(text)


def _acceptable(written: str) -> str:
    """What came, with its beginning, on one line; empty where it is nothing to go on with."""
    words = storable(written).split()
    if len(words) < _FEWEST_WORDS or len(set(words)) < _LEAST_VARIETY * len(words):
        return ""
    if not any(character.isalpha() for word in words for character in word):
        return ""
    return f"{_BEGINNING} {' '.join(words)}"
