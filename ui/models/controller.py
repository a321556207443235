"""Wires the models' place to the shelf: what there is, what answers, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from assistant.errors import HushError, InputRefused
from assistant.shelf.records import DownloadState, Fit, Step
from ui.bridge import Bridge
from ui.latest import Latest
from ui.models import words
from ui.models.deleting import Deleting
from ui.models.doing import Doing
from ui.models.faces import UNDER_WAY, Act, Board, Task
from ui.models.fetching import Fetching
from ui.models.measuring import MachineMeasuring
from ui.models.page import ModelsPage
from ui.models.renewing import Renewing
from ui.models.taking import Taking
from ui.models.working import Working
from ui.network.approving import Approving

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.shelf.service import ModelService
    from models.catalogue import Catalogue
    from models.library import Installed

_TRYING: Final = "Trying it out…"
_CHECKING: Final = "Reading all of it…"
_MUCH: Final = 50_000_000  # bytes: half a minute of a slow connection


@dataclass(frozen=True, slots=True)
class ModelWays:
    """What the models' place needs beside its services.

    Attributes:
        used: Hears that another model is to answer from now on.
        network: Goes to the network's page.
        questions: The person's last ones.
        tell: Says something wherever the person is, with one thing to do about it.
    """

    used: Callable[[], object]
    network: Callable[[], object]
    questions: Callable[[], Future[list[str]]]
    tell: Callable[[str, str, Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class _Listed:
    """The list of models, what there is to say of it, and what is on its way."""

    catalogue: Catalogue
    words: str
    renewable: bool
    states: tuple[DownloadState, ...]


class ModelsController(QObject):
    """What a person does with models.

    Args:
        models: The services.
        bridge: Brings outcomes to the GUI thread.
        page: The place.
        approving: Asks before anything leaves.
        pool: For what reads the disk.
        ways: Out of here.
    """

    def __init__(
        self,
        models: ModelService,
        bridge: Bridge,
        page: ModelsPage,
        approving: Approving,
        pool: Executor,
        ways: ModelWays,
    ) -> None:
        super().__init__(page)
        self._models = models
        self._bridge = bridge
        self._page = page
        self._pool = pool
        self._ways = ways
        self.board = Board()
        self._doing: dict[str, Doing] = {}
        self._here, self._listed, self._fits, self._best = (Latest(bridge, self) for _ in range(4))
        self.fetching = Fetching(
            models.downloads,
            models.gate,
            approving,
            bridge,
            pool,
            self._say,
            self._came,
            self._say_refused,
            self.refresh,
        )
        self.taking = Taking(
            models.taking_in, models.adopting, bridge, page.from_here, lambda _: self.refresh()
        )
        self.working = Working(
            models.comparing,
            models.quantising,
            models.bench,
            bridge,
            page.tools,
            lambda sha256: self.board.name(sha256),
            ways.questions,
            self.refresh,
        )
        self.renewing = Renewing(
            models.catalogue,
            models.renewing,
            models.gate,
            approving,
            bridge,
            pool,
            page.renew_link,
            lambda sentence, danger: page.notice.say(sentence, danger=danger),
            self._say_refused,
            self.refresh,
        )
        self._deleting = Deleting(models.library, bridge, page, self._say, self.refresh)
        self._measuring = MachineMeasuring(
            models.fitting, bridge, page, lambda: self.board, self.refresh
        )
        page.acted.connect(self._act)
        page.dropped.connect(self.taking.take)
        page.measure_wanted.connect(self._measuring.begin)
        self._acts: dict[Act, Callable[[str], None]] = {
            Act.GET: self._get,
            Act.PAUSE: self.fetching.pause,
            Act.RESUME: self._go_on,
            Act.DISCARD: self._discard,
            Act.USE: self.use,
            Act.STOP: self._stop,
            Act.BACK: lambda _: self._go_back(),
            Act.VERIFY: self._verify,
            Act.SMALLER: partial(self._open, page.tools.open_smaller),
            Act.MEASURE: partial(self._open, page.tools.open_measure),
            Act.REMOVE: self._ask_remove,
        }

    # What there is ------------------------------------------------------------------------

    @property
    def is_working(self) -> bool:
        """Whether something goes on here that the person may be waiting for."""
        fetches = any(state.step in UNDER_WAY for state in self.board.states.values())
        works = any(one.is_working for one in (self.taking, self.working, self.renewing))
        return bool(self._doing) or fetches or works

    def refresh(self) -> None:
        """Look again at all of it; each part is shown as soon as it is known."""
        models, failed = self._models, self._failed
        self._here.expect(models.library.all(), self._know_here, failed)
        self._listed.expect(self._pool.submit(self._list), self._know_listed, failed)
        self._fits.expect(models.fitting.fits(), self._know_fits, self._no_fits)

    def _know_here(self, installed: tuple[Installed, ...]) -> None:
        self._show(installed={one.sha256: one for one in installed})

    def _list(self) -> _Listed:
        """On the pool: it reads small files."""
        catalogue = self._models.catalogue
        renewable = catalogue.request() is not None
        states = self._models.downloads.states()
        return _Listed(catalogue.current(), catalogue.words(), renewable, states)

    def _know_listed(self, found: _Listed) -> None:
        catalogue, states = found.catalogue, found.states
        self._page.show_list(found.words, renewable=found.renewable)
        entries = {entry.sha256: entry for entry in catalogue.entries}
        self._show(entries=entries, states={state.sha256: state for state in states})

    def _know_fits(self, fits: tuple[Fit, ...]) -> None:
        self._show(fits={fit.entry_id: fit for fit in fits})
        recommended = self._models.fitting.recommend()
        self._best.expect(recommended, self._know_best, self._no_fits)

    def _know_best(self, fit: Fit | None) -> None:
        self._show(best=fit.entry_id if fit else "", fits_known=True)
        self._measuring.begin_once()

    def _no_fits(self, error: HushError) -> None:
        self._show(fits_known=True)
        self._failed(error)

    def _failed(self, error: HushError) -> None:
        self._page.notice.say(error.sentence, danger=not isinstance(error, InputRefused))

    def _show(self, **known: object) -> None:
        """Take in what is known by now, and show everything."""
        self.board = replace(self.board, **known)  # type: ignore[arg-type] # fields of Board
        self._page.show_board(self.board)

    def show_download(self, state: DownloadState) -> None:
        """A download is further, or ended."""
        before = self.board.states.get(state.sha256)
        states = {**self.board.states, state.sha256: state}
        self.board = replace(self.board, states=states)
        if before and before.step is state.step and state.step is not Step.DONE:
            self._page.show_card(self.board, state.sha256)  # only its figures changed
        else:
            self._page.show_board(self.board)
        if state.step in {Step.DONE, Step.PAUSED, Step.FAILED}:
            self.refresh()  # one that was given up is told of a last time, and is gone

    def _say(self, sha256: str, sentence: str) -> None:
        """Say what went wrong with a model; an empty sentence takes that back."""
        problems = {one: said for one, said in self.board.problems.items() if one != sha256}
        if sentence:
            problems[sha256] = sentence
        self._show(problems=problems)

    def _say_refused(self, sentence: str) -> None:
        self._page.notice.say(sentence, "Network…", lambda: _do(self._ways.network))

    # Downloads ----------------------------------------------------------------------------

    def _act(self, act: str, sha256: str) -> None:
        self._acts[Act(act)](sha256)

    def _get(self, sha256: str) -> None:
        entry, fit = self.board.entries.get(sha256), self.board.fit(sha256)
        if entry:
            self.fetching.get(entry, fit.seconds_to_download if fit else None)

    def _go_on(self, sha256: str) -> None:
        state = self.board.states.get(sha256)
        if state:
            self._bridge.then(
                self._pool.submit(self._models.downloads.entry_of, sha256),
                lambda entry: self.fetching.go_on(entry, state),
                lambda error: self._say(sha256, error.sentence),
            )

    def _discard(self, sha256: str) -> None:
        """Much of it is here: ask once more, for getting that again takes long."""
        card, state = self._page.card(sha256), self.board.states.get(sha256)
        if card and state and state.done >= _MUCH:
            form = card.ask_delete(words.discarding(state))
            form.given.connect(card.close_form)
            form.given.connect(partial(self.fetching.discard, sha256))
        else:
            self.fetching.discard(sha256)

    def _came(self, model: Installed) -> None:
        """A model was downloaded: say so wherever the person is."""
        self.refresh()
        use = partial(self.use, model.sha256)
        self._ways.tell(f"{model.name} is here, and checked.", "Use it now", use)

    # Which one answers --------------------------------------------------------------------

    def use(self, sha256: str) -> None:
        """Check a model, try it out, and let it answer from now on."""

        def done(model: Installed) -> None:
            self._ways.used()
            said = f"{model.name} answers you from now on."
            self._page.notice.say(said, "Go back", self._go_back)

        activate = self._models.activation.activate
        self._work(sha256, _TRYING, partial(activate, sha256), done)

    def _go_back(self) -> None:
        def done(model: Installed) -> None:
            self._ways.used()
            self._page.notice.say(f"{model.name} answers you again.")
            self.refresh()

        self._bridge.then(self._models.activation.roll_back(), done, self._failed)

    def _verify(self, sha256: str) -> None:
        def done(model: Installed) -> None:
            wrong = words.condition(model)
            said = wrong or f"{model.name} is the file it claims to be, to the last byte."
            self._page.notice.say(said, danger=bool(wrong))

        verify = self._models.library.verify
        self._work(sha256, _CHECKING, partial(verify, sha256), done)

    def _work(
        self,
        sha256: str,
        begun: str,
        ask: Callable[..., Future[Installed]],
        done: Callable[[Installed], None],
    ) -> None:
        """One thing at a time with each model."""
        if sha256 in self._doing:
            return

        def show(said: str, share: float) -> None:
            self.board = replace(
                self.board, tasks={**self.board.tasks, sha256: Task(said or begun, share)}
            )
            self._page.show_card(self.board, sha256)

        def end() -> None:
            self._doing.pop(sha256, None)
            tasks = {one: task for one, task in self.board.tasks.items() if one != sha256}
            self._show(tasks=tasks)
            self.refresh()

        def came(model: Installed) -> None:
            end()
            done(model)

        def failed(error: HushError) -> None:
            end()
            if isinstance(error, InputRefused):  # stopped by the person
                self._page.notice.say(error.sentence)
            else:
                self._say(sha256, error.sentence)

        self._say(sha256, "")
        show(begun, 0.0)
        doing = Doing(self._bridge, ask, show, came, failed)
        if not doing.is_over:
            self._doing[sha256] = doing

    def _stop(self, sha256: str) -> None:
        doing = self._doing.get(sha256)
        if doing:
            doing.stop()

    # The rest -----------------------------------------------------------------------------

    def _ask_remove(self, sha256: str) -> None:
        model = self.board.installed.get(sha256)
        if model:
            self._deleting.ask(model)

    def _open(self, form: Callable[[str], None], sha256: str) -> None:
        """Open a tool's form for a model, unless a tool is at work."""
        why_not = self.working.make_room()
        if why_not:
            self._page.notice.say(why_not, "Show it", self._show_work)
        else:
            form(sha256)

    def _show_work(self) -> None:
        line = self.working.line
        self._page.show_tool(line)
        line.take_focus()


def _do(act: Callable[[], object]) -> None:
    act()
