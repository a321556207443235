"""Wires the tools: comparing two models blind, making one smaller, measuring one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Final

from shiboken6 import isValid

from assistant.cancel import Cancel
from assistant.errors import HushError, InputRefused
from assistant.shelf.records import BenchResult, Pair, Quantised, Tally, Winner
from ui.bridge import Bridge
from ui.models import words
from ui.models.bar_line import BarLine
from ui.models.blind import Blind
from ui.models.doing import Ask, Doing, T
from ui.models.forms import CompareForm, MeasureForm, Questions, SmallerForm
from ui.models.tools import Tools

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.shelf.protocols import BenchRoom, ComparingRoom, QuantisingRoom

_BEGUN: Final = "Loading it…"
_BUSY: Final = (
    "Something else is being done with a model. Wait until it is over, or cancel it; then try this "
    "again."
)
_JUDGING: Final = (
    "Two models are being compared. Judge the answers that are left, or stop comparing; then try "
    "this again."
)
_MADE: Final = "The smaller copy is on this laptop now. {agreement}"


class Working:
    """One tool at work at a time.

    Args:
        comparing: Has two models answer.
        quantising: Makes smaller copies.
        bench: Measures.
        bridge: Brings outcomes to the GUI thread.
        tools: Where it is shown.
        name: What a model is called, by its SHA-256.
        questions: The person's last ones.
        changed: Hears that there is another model.
    """

    def __init__(
        self,
        comparing: ComparingRoom,
        quantising: QuantisingRoom,
        bench: BenchRoom,
        bridge: Bridge,
        tools: Tools,
        name: Callable[[str], str],
        questions: Callable[[], Future[list[str]]],
        changed: Callable[[], object],
    ) -> None:
        self._comparing = comparing
        self._quantising = quantising
        self._bench = bench
        self._bridge = bridge
        self._tools = tools
        self._name = name
        self._questions = questions
        self._changed = changed
        self._doing: Doing | None = None
        self._line: BarLine = tools.measure_line  # where the last work is shown
        self._blind: Blind | None = None
        self._stop_pairs: Cancel | None = None
        self._sides = ("", "")
        tools.measure_given.connect(self._measure)
        tools.smaller_given.connect(self._make_smaller)
        tools.compare_given.connect(self._compare)
        tools.own_wanted.connect(self._fill)
        tools.cancelled.connect(self._stop)

    @property
    def is_working(self) -> bool:
        """Whether a tool is at work."""
        return self._doing is not None or self._stop_pairs is not None

    @property
    def line(self) -> BarLine:
        """Where it is at work, or was."""
        return self._tools.compare_line if self._blind else self._line

    def make_room(self) -> str:
        """Put away what is over, so that a form can be opened.

        Returns:
            Why none can be, as a sentence: it would close what somebody waits for or judges, and
            the button that ends it. Empty where one can.
        """
        if self._doing:
            return _BUSY
        if self._blind and not self._blind.is_over:
            return _JUDGING
        if self._blind:
            self._end()
        return ""

    def _stop(self) -> None:
        if self._doing:
            self._doing.stop()

    # Measuring and making smaller ---------------------------------------------------------

    def _measure(self, form: MeasureForm) -> None:
        sha256, line = form.model.chosen, self._tools.measure_line

        def done(result: BenchResult) -> str:
            line.show_result(words.bench_rows(result))
            return f"{self._name(sha256)}, measured now:"

        self._work(line, lambda heard, cancel: self._bench.run(sha256, heard, cancel), done)

    def _make_smaller(self, form: SmallerForm) -> None:
        sha256, kind = form.model.chosen, form.form.chosen
        texts, line = form.questions.texts, self._tools.smaller_line

        def ask(heard: Callable[[str, float], None], cancel: Cancel) -> Future[Quantised]:
            return self._quantising.start(sha256, kind, texts, heard, cancel)

        def done(result: Quantised) -> str:
            line.show_result((("", "Before", "After"), *words.smaller_rows(result)))
            self._changed()
            return _MADE.format(agreement=words.agreement(result))

        self._work(line, ask, done)

    def _work(self, line: BarLine, ask: Ask[T], done: Callable[[T], str]) -> None:
        tools, self._line = self._tools, line

        def end(sentence: str, *, danger: bool = False) -> None:
            self._doing = None
            line.show_share(None)
            tools.end(sentence, danger=danger)

        def failed(error: HushError) -> None:
            end(error.sentence, danger=not isinstance(error, InputRefused))

        line.close_form()
        tools.begin(line, _BEGUN, can_cancel=True)
        line.show_share(0.0)
        doing = Doing(self._bridge, ask, line.show_progress, lambda came: end(done(came)), failed)
        if not doing.is_over:
            self._doing = doing

    # Comparing ----------------------------------------------------------------------------

    def _compare(self, form: CompareForm) -> None:
        first, second = form.first.chosen, form.second.chosen
        texts = form.questions.texts
        self._sides = (first, second)
        blind = self._blind = Blind(len(texts))
        self._stop_pairs = cancel = Cancel()
        blind.decided.connect(self._decide)
        blind.ended.connect(self._end)
        self._tools.show_blind(blind)
        try:
            future = self._comparing.begin(first, second, texts, self._came, cancel)
        except HushError as error:
            self._broke_off(blind, error)
            return
        answered = partial(self._answered, blind)
        self._bridge.then(future, answered, partial(self._broke_off, blind))

    def _came(self, pair: Pair) -> None:
        """On the service's thread."""
        told: Future[Pair] = Future()
        told.set_result(pair)
        self._bridge.then(told, self._show, lambda _: None)

    def _show(self, pair: Pair) -> None:
        if self._blind and self._is_open(self._blind):
            self._blind.add(pair)

    def _is_open(self, blind: Blind) -> bool:
        """Whether it is still the one that is judged: its form may have been closed under it."""
        return blind is self._blind and isValid(blind)

    def _answered(self, blind: Blind, count: int) -> None:
        if self._is_open(blind):
            self._stop_pairs = None
            blind.end_early(count)
            self._look_whether_over(blind)

    def _broke_off(self, blind: Blind, error: HushError) -> None:
        if self._is_open(blind):
            self._stop_pairs = None
            blind.say_over(error.sentence)

    def _decide(self, pair_id: int, winner: Winner) -> None:
        blind = self._blind

        def done(_: Tally) -> None:
            if blind and self._is_open(blind):
                blind.close_pair()
                self._look_whether_over(blind)

        def failed(error: HushError) -> None:
            if blind and self._is_open(blind):
                blind.say_over(error.sentence)

        self._bridge.then(self._comparing.decide(pair_id, winner), done, failed)

    def _look_whether_over(self, blind: Blind) -> None:
        """Once all is decided the person may know whose answers they were."""
        if blind.is_decided and not self._stop_pairs:
            first, second = self._sides
            names = self._name(first), self._name(second)

            def told(tally: Tally) -> None:
                if self._is_open(blind):
                    blind.say_over(words.tally_words(*names, tally))

            failed = partial(self._broke_off, blind)
            self._bridge.then(self._comparing.tally(first, second), told, failed)

    def _end(self) -> None:
        if self._stop_pairs:
            self._stop_pairs.ask()
        self._blind = self._stop_pairs = None
        self._tools.end_blind()

    # The person's own questions -----------------------------------------------------------

    def _fill(self, questions: Questions) -> None:
        def came(texts: Sequence[str]) -> None:
            if isValid(questions):
                questions.put(texts)

        self._bridge.then(self._questions(), came, lambda _: None)
