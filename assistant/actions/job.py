"""One action, from a text to its result: the job that the LLM worker runs.

It writes nothing anywhere: what comes of it is shown, and a person accepts it or does not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.actions import chunks, written
from assistant.actions.catalogue import Reading, Recipe
from assistant.actions.changes import difference
from assistant.actions.chunks import Portion
from assistant.actions.records import ActionResult, Placement
from assistant.cancel import Cancel
from assistant.engine.protocol import Engine, Finished, GenerationRequest, ModelInfo, Piece
from assistant.errors import EngineError, HushError, InputRefused
from assistant.events import ActionEnded, ActionProgress, ActionText, EventSink
from assistant.log import log_event
from assistant.records import FinishReason

_SPARE_TOKENS: Final = 32  # line ends and marks between texts that were counted apart
_LEAST_PORTION: Final = 32
_QUOTES: Final = 1.25
"""How many times more tokens a text has when each of its lines is quoted: lines of eight tokens."""

_MOST_ROUNDS: Final = 6
"""Of summaries of summaries. Each is a fifth of what it is of, or less."""

NOTHING: Final = "The model wrote nothing here that could be used."
NO_PROSE: Final = "There are no sentences in this text: code, headings and tables stay as they are."
NO_ITEMS: Final = "No tasks were found in this text."
NO_CHANGE: Final = "The model would change nothing."
ONLY_THE_END: Final = "Only the end of the text was read: it is what the new words follow."


class _Stopped(Exception):
    """The person stopped it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an action is asked of.

    Attributes:
        run_id: Names the run in events.
        recipe: How to ask.
        text: The text, clean.
        language: What to translate into; empty otherwise.
    """

    run_id: int
    recipe: Recipe
    text: str = field(repr=False)
    language: str = ""


class ActionJob:
    """Carries out one action. Built on any thread, run on the worker's.

    Args:
        asked: What to do.
        cancel: Asked when the person stops it.
        publish: Gets ``ActionProgress``, ``ActionText``, and ``ActionEnded`` last, exactly once.
        ended: Called just before ``ActionEnded``.
    """

    def __init__(
        self, asked: Asked, cancel: Cancel, publish: EventSink, ended: Callable[[], None]
    ) -> None:
        self._asked = asked
        self.cancel = cancel
        self._publish = publish
        self._ended = ended

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""
        reader = _Reader(self._asked, engine, info, self.cancel, self._publish)
        try:
            text, remark = reader.read()
        except _Stopped:
            self._end()
            return
        self._end(self._result(text, remark, reader.parts))

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``. One that was stopped did not fail."""
        self._end(error=None if self.cancel.asked else error)

    def _result(self, text: str, remark: str, parts: int) -> ActionResult:
        shown = self._asked.recipe.description
        replaces = shown.placement is Placement.REPLACES
        changes = difference(self._asked.text, text) if replaces and text else ()
        return ActionResult(shown.action, text, shown.placement, changes, parts, remark)

    def _end(self, result: ActionResult | None = None, error: HushError | None = None) -> None:
        log_event(
            "action.ended",
            action=self._asked.recipe.description.action.value,
            code=error.code if error else "none",
            parts=result.parts if result else 0,
        )
        self._ended()
        self._publish(ActionEnded(self._asked.run_id, result, error))


class _Reader:
    """Reads a text in portions and writes what was asked for. ``parts`` is how many there were."""

    def __init__(
        self, asked: Asked, engine: Engine, info: ModelInfo, cancel: Cancel, publish: EventSink
    ) -> None:
        self._asked = asked
        self._recipe = asked.recipe
        self._engine = engine
        self._cancel = cancel
        self._publish = publish
        self._last = FinishReason.STOP  # why the reply before ended
        self.parts = 0
        self._limit = self._portion_tokens(info)

    def read(self) -> tuple[str, str]:
        """Carry it out.

        Returns:
            The result and a remark.

        Raises:
            _Stopped: it was cancelled.
            EngineError: the engine cannot, or nothing came that could be used.
        """
        match self._recipe.reading:
            case Reading.REDUCED:
                return self._reduced(), ""
            case Reading.EACH:
                return self._each(), ""
            case Reading.PARAGRAPHS:
                return self._paragraphs()
            case Reading.ITEMS:
                return self._items()
            case Reading.END:
                return self._continued()

    # -- the ways of reading -----------------------------------------------------------------

    def _reduced(self) -> str:
        text = self._asked.text
        for _ in range(_MOST_ROUNDS):
            found = chunks.portions(text, self._count, self._limit)
            if len(found) == 1:
                self._progress(self.parts + 1, self.parts + 1)
                return self._usable(written.free(self._write(found[0].words, shows=True), text))
            whole = self.parts + len(found) + 1
            shorter: list[str] = []
            for portion in found:
                self._progress(self.parts + 1, whole)
                shorter.append(written.free(self._write(portion.words), portion.words))
            joined = "\n\n".join(filter(None, shorter))
            if not joined or len(joined) >= len(text):
                break
            text = joined
        return self._usable("" if text == self._asked.text else text)

    def _each(self) -> str:
        found = chunks.portions(self._asked.text, self._count, self._limit)
        made: list[str] = []
        for number, portion in enumerate(found, 1):
            self._progress(number, len(found))
            if made:
                self._show("\n\n")
            made.append(written.free(self._write(portion.words, shows=True), portion.words))
        return self._usable("\n\n".join(filter(None, made)))

    def _paragraphs(self) -> tuple[str, str]:
        found = chunks.paragraphs(self._asked.text, self._count, self._limit)
        parts = sum(one.is_prose for one in found)
        if not parts:
            raise InputRefused(NO_PROSE, "Nothing was changed.")
        made: list[str] = []
        number, left = 0, 0
        for portion in found:
            text = ""
            if portion.is_prose:
                number += 1
                self._progress(number, parts)
                text = self._rewritten(portion)
                left += not text
            made.append(portion.with_words(text) if text else portion.text)
            self._show(made[-1])
        if left == parts:
            raise EngineError(NOTHING, "Your text stays as it is. Try a shorter piece of it.")
        result = "".join(made)
        if result == self._asked.text:
            return "", NO_CHANGE
        return result, _left(left, parts)

    def _rewritten(self, portion: Portion) -> str:
        """What is to stand in a paragraph's place; empty where it has to stay."""
        # A paragraph that is several times as long would be refused: it is not waited for.
        (tokens,) = self._count([portion.words])
        text = self._write(portion.words, most=2 * tokens + _SPARE_TOKENS)
        whole = self._last is FinishReason.STOP  # half of a paragraph would lose the rest of it
        same = not self._asked.language
        return written.rewritten(text, portion.words, same_language=same) if whole else ""

    def _items(self) -> tuple[str, str]:
        found = chunks.portions(self._asked.text, self._count, self._limit)
        items: list[str] = []
        for number, portion in enumerate(found, 1):
            self._progress(number, len(found))
            new = written.items_in(self._write(portion.words), portion.words)
            items += new
            self._show("".join(f"{line}\n" for line in written.checkboxes(new).splitlines()))
        lines = written.checkboxes(items)
        return lines, "" if lines else NO_ITEMS

    def _continued(self) -> tuple[str, str]:
        self._progress(1, 1)
        text = self._asked.text
        end = chunks.tail(text, self._count, self._limit)
        came = self._write(end.rstrip(" \t"), shows=True)
        new = self._usable(written.free(came, end))
        between = came[: len(came) - len(came.lstrip())]
        return between + new, ONLY_THE_END if len(end) < len(text) else ""

    # -- one portion -------------------------------------------------------------------------

    def _write(self, words: str, *, most: int | None = None, shows: bool = False) -> str:
        """Have the model write, at most so many tokens; ``shows`` tells each piece as it comes.

        Raises:
            _Stopped: it was cancelled.
        """
        text: list[str] = []
        for event in self._engine.generate(self._request(words, most), self._cancel):
            match event:
                case Piece():
                    text.append(event.text)
                    if shows:
                        self._show(event.text)
                case Finished(reason=FinishReason.CANCELLED):
                    raise _Stopped
                case Finished():
                    self._last = event.reason
        return "".join(text)

    def _request(self, words: str, most: int | None) -> GenerationRequest:
        recipe, language = self._recipe, self._asked.language
        goes_on = recipe.reading is Reading.END
        return GenerationRequest(
            # The model writes on from the person's own words, as if it had written them.
            turns=recipe.turns("" if goes_on else words, language),
            continue_from=words if goes_on else recipe.begin.format(language=language),
            max_tokens=min(recipe.reply_tokens, most or recipe.reply_tokens),
            sampling=recipe.sampling,
            stop=recipe.stop,
            sentence_from=recipe.sentence_from,
            schema=recipe.schema,
        )

    def _portion_tokens(self, info: ModelInfo) -> int:
        """How many tokens of the text fit beside what is asked of it, and beside the reply."""
        turns = self._recipe.turns("")
        begin = self._recipe.begin
        words = sum(self._count([begin, *(turn.text for turn in turns)]))
        frame = info.template_fixed_tokens + len(turns) * info.template_turn_tokens
        room = info.context_tokens - frame - words - self._recipe.reply_tokens - _SPARE_TOKENS
        return max(_LEAST_PORTION, min(self._recipe.portion_tokens, int(room / _QUOTES)))

    def _count(self, texts: Sequence[str]) -> list[int]:
        if self._cancel.asked:
            raise _Stopped
        return self._engine.count(texts, self._cancel)

    def _progress(self, part: int, parts: int) -> None:
        if self._cancel.asked:
            raise _Stopped
        self.parts = part
        self._publish(ActionProgress(self._asked.run_id, part, parts))

    def _show(self, text: str) -> None:
        if text:
            self._publish(ActionText(self._asked.run_id, text))

    def _usable(self, text: str) -> str:
        if not text:
            raise EngineError(NOTHING, "Nothing was changed. Try another piece of the text.")
        return text


def _left(left: int, parts: int) -> str:
    """What stays because the model wrote nothing in its place."""
    if not left:
        return ""
    one = "one paragraph stays as it is" if left == 1 else f"{left} paragraphs stay as they are"
    return f"Of {parts} paragraphs, {one}: the model wrote nothing in their place."
