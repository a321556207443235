"""Two models answer the same questions, and a person says which answer is better, blind.

Which answer is whose is decided anew for each pair and known to this service alone until the
person has decided. What is kept is who won: digests, no question and no answer.
"""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Final

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.engine.protocol import (
    Engine,
    EngineOptions,
    GenerationRequest,
    Piece,
    Sampling,
    Turn,
)
from assistant.errors import HushError, InputRefused, NotFound, PromptTooLong
from assistant.events import EventSink, ModelTask
from assistant.shelf.bench import Models, Work
from assistant.shelf.records import Pair, Tally, Winner
from assistant.shelf.side import SideRoom, side_engine
from assistant.shelf.words import stopped
from assistant.store import comparison_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.text import storable
from models.file import ModelFile

TASK: Final = "compare"
"""What its ``ModelTask`` events are of."""

MAX_PROMPTS: Final = 20
"""Of one comparison: more is more than anybody reads with care."""

MAX_CHARACTERS: Final = 8_000
"""Of one prompt: a context of 2,048 tokens holds little more."""

_ANSWER_TOKENS: Final = 256
_SENTENCE_FROM: Final = 200  # so that few answers end in the middle of a sentence
_WORDS: Final = "Both models answer, one after the other."


@dataclass(slots=True)
class _Shown:
    """Whose the answers of a pair are."""

    a: str
    b: str
    a_is_left: bool
    decided: bool = False

    @property
    def sides(self) -> tuple[str, str]:
        return (self.a, self.b) if self.a_is_left else (self.b, self.a)


class Comparing:
    """Compares models, blind.

    Args:
        models: Finds a model's file.
        options: How models are loaded by the settings of the moment.
        room: What their engine shares the machine with; one of the two is loaded at a time.
        work: Runs it.
        vault: Keeps who won.
        clock: Times to write down.
        publish: Gets ``ModelTask`` events; they name the first model, whichever is at work.
        coin: Decides sides; default: the system's own randomness.
    """

    def __init__(
        self,
        models: Models,
        options: Callable[[], EngineOptions],
        room: SideRoom,
        work: Work,
        vault: Vault,
        clock: Clock,
        publish: EventSink,
        coin: random.Random | None = None,
    ) -> None:
        self._models = models
        self._options = options
        self._room = room
        self._work = work
        self._vault = vault
        self._clock = clock
        self._publish = publish
        self._coin = coin or random.SystemRandom()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._shown: dict[int, _Shown] = {}

    def begin(
        self,
        a: str,
        b: str,
        prompts: Sequence[str],
        on_pair: Callable[[Pair], None],
        cancel: Cancel,
    ) -> Future[int]:
        """Have both models answer. Same instructions, same sampling, same seeds.

        Args:
            a: SHA-256 of one model.
            b: Of the other.
            prompts: A person's own questions; those that are empty, or too long for either
                model's context, are left out.
            on_pair: Gets each pair as soon as both have answered, on the thread that works.
            cancel: Ends it; pairs that were handed out can be decided.

        Returns:
            How many pairs there were.

        Raises:
            InputRefused: nothing to compare, or cancelled.
            NotFound: a model is not on the shelf.
            EngineError: not now, or one of them does not run.
        """
        asked = _usable(prompts)
        if a == b:
            raise InputRefused("These two are the same model.", "Choose another one beside it.")
        return self._work.submit(lambda: self._compare(a, b, asked, on_pair, cancel))

    def decide(self, pair_id: int, winner: Winner) -> Future[Tally]:
        """Keep which answer of a pair was better, once.

        Returns:
            What all decisions between the two models come to; ``first`` is the one that ``begin``
            was given first, on whichever side it stood.

        Raises:
            NotFound: there is no such pair.
            InputRefused: it was decided.
            VaultError: it was not kept; it can be decided again.
        """
        with self._lock:
            shown = self._pair(pair_id)
            if shown.decided:
                raise InputRefused("This pair was decided already.")
            shown.decided = True
        left, right = shown.sides
        at = self._clock.now()

        def keep(connection: Connection) -> Tally:
            comparison_rows.add(connection, at, left, right, winner)
            return comparison_rows.tally(connection, shown.a, shown.b)

        try:
            kept = self._vault.write(keep)
        except HushError:
            self._undecide(shown)
            raise
        kept.add_done_callback(
            lambda done: self._undecide(shown) if done.cancelled() or done.exception() else None
        )
        return kept

    def sides(self, pair_id: int) -> tuple[str, str]:
        """SHA-256 of the models whose the left and the right answer were.

        Raises:
            NotFound: there is no such pair.
            InputRefused: it is not decided yet.
        """
        with self._lock:
            shown = self._pair(pair_id)
            if not shown.decided:
                raise InputRefused("Decide first: until then nobody is told.")
            return shown.sides

    def tally(self, a: str, b: str) -> Future[Tally]:
        """What all decisions between two models come to; ``first`` is ``a``'s."""
        return self._vault.read(lambda connection: comparison_rows.tally(connection, a, b))

    def _pair(self, pair_id: int) -> _Shown:
        shown = self._shown.get(pair_id)
        if shown is None:
            raise NotFound("There is no such pair of answers.")
        return shown

    def _undecide(self, shown: _Shown) -> None:
        """It could not be kept."""
        with self._lock:
            shown.decided = False

    def _compare(
        self,
        a: str,
        b: str,
        prompts: Sequence[str],
        on_pair: Callable[[Pair], None],
        cancel: Cancel,
    ) -> int:
        files = self._models(a), self._models(b)  # before the first of them works for minutes
        told = itertools.count()

        def step() -> None:
            self._publish(ModelTask(TASK, a, next(told) / (2 * len(prompts)), _WORDS))

        step()
        earlier = list(self._answers(files[0], prompts, cancel, step))
        pairs = 0
        answers = self._answers(files[1], prompts, cancel, step)
        for prompt, first, second in zip(prompts, earlier, answers, strict=True):
            if first is not None and second is not None:
                on_pair(self._dealt(a, b, prompt, first, second))
                pairs += 1
        if not pairs:
            raise InputRefused(
                "These questions are too long for one of the models.", "Ask shorter ones."
            )
        return pairs

    def _dealt(self, a: str, b: str, prompt: str, first: str, second: str) -> Pair:
        """The pair to show, with sides by chance."""
        a_is_left = self._coin.random() < 0.5
        with self._lock:
            number = next(self._numbers)
            self._shown[number] = _Shown(a, b, a_is_left)
        left, right = (first, second) if a_is_left else (second, first)
        return Pair(number, prompt, left, right)

    def _answers(
        self, model: ModelFile, prompts: Sequence[str], cancel: Cancel, step: Callable[[], None]
    ) -> Iterator[str | None]:
        """One model's answers, in order; None where a prompt is too long for it."""
        options = replace(self._options(), snapshot_bytes=0)
        with side_engine(model, options, self._room, cancel) as (engine, _):
            for seed, prompt in enumerate(prompts):
                yield _answer(engine, prompt, seed, cancel)
                step()


def _answer(engine: Engine, prompt: str, seed: int, cancel: Cancel) -> str | None:
    request = GenerationRequest(
        (Turn("user", prompt),),
        _ANSWER_TOKENS,
        Sampling(seed=seed),
        sentence_from=_SENTENCE_FROM,
    )
    try:
        events = list(engine.generate(request, cancel))
    except PromptTooLong:
        return None
    if cancel.asked:
        raise stopped()
    return "".join(event.text for event in events if isinstance(event, Piece)).strip()


def _usable(prompts: Sequence[str]) -> list[str]:
    """A person's prompts that can be asked.

    Raises:
        InputRefused: there are none, or too many or too long ones.
    """
    asked = [text for text in (storable(prompt).strip() for prompt in prompts) if text]
    if not asked:
        raise InputRefused("There is nothing to ask.", "Give at least one question.")
    if len(asked) > MAX_PROMPTS or max(map(len, asked)) > MAX_CHARACTERS:
        raise InputRefused(
            f"At most {MAX_PROMPTS} questions of {MAX_CHARACTERS:,} characters are compared.",
            "Take fewer, or shorter ones.",
        )
    return asked
