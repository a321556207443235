"""What a model's card shows, from what is known of the model. All pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from assistant.shelf.records import DownloadState, Fit, Step, Verdict
from ui.models import words
from ui.vault.words import size

if TYPE_CHECKING:
    from models.catalogue import Entry
    from models.library import Installed

_ON_ITS_WAY: Final = (Step.WAITING, Step.CONNECTING, Step.RUNNING)
_BEING_CHECKED: Final = (Step.VERIFYING, Step.PREFLIGHT)
UNDER_WAY: Final = frozenset({*_ON_ITS_WAY, *_BEING_CHECKED})
"""A download in one of these steps goes on by itself, and a lock would end it."""

_RUNS: Final = (Verdict.RECOMMENDED, Verdict.WORKS, Verdict.TIGHT)
_FEW: Final = 4
"""Offered at once: a list of twelve is more than one reads."""

_USABLE: Final = ("ready", "unverified")
_BROKEN: Final = ("missing", "damaged")
"""What only another copy of the file helps, wherever Hush keeps that itself."""


class Act(StrEnum):
    """What a person can do with a model."""

    GET = "get"
    PAUSE = "pause"
    RESUME = "resume"
    DISCARD = "discard"
    USE = "use"
    STOP = "stop"
    BACK = "back"
    VERIFY = "verify"
    SMALLER = "smaller"
    MEASURE = "measure"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to do: the button's words, and what it does to what for those who do not see it."""

    act: Act
    words: str
    name: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What is being done with a model: in words, and how far it is, from 0 to 1."""

    words: str
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Face:
    """All that a card shows.

    Attributes:
        title: The model's name.
        words: What it is good at, or how it stands.
        facts: Its figures, in one line.
        said: What happened to it, below.
        danger: Whether that is a failure.
        progress: What is being done, beside the bar; empty for none.
        share: How far that is, from 0 to 1; None: there is no bar.
        offers: Buttons.
        more: What is in the menu beside them.
    """

    title: str
    words: str = ""
    facts: str = ""
    said: str = ""
    danger: bool = False
    progress: str = ""
    share: float | None = None
    offers: tuple[Offer, ...] = ()
    more: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that is known of the models, by SHA-256 and for fits by the entry's id.

    Attributes:
        best: The catalogue's id of the one for this machine; empty: there is none, or not yet.
        fits_known: Whether it was looked at what fits.
        problems: What went wrong with a model a moment ago, as sentences.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    installed: Mapping[str, Installed] = field(default_factory=dict)
    states: Mapping[str, DownloadState] = field(default_factory=dict)
    fits: Mapping[str, Fit] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    best: str = ""
    fits_known: bool = False

    def fit(self, sha256: str) -> Fit | None:
        """How a model of the catalogue fits; None where that is not known."""
        entry = self.entries.get(sha256)
        return self.fits.get(entry.id) if entry else None

    def name(self, sha256: str) -> str:
        """What a model is called."""
        known = self.installed.get(sha256) or self.entries.get(sha256) or self.states.get(sha256)
        return known.name if known else "This model"

    @property
    def active(self) -> Installed | None:
        """The one that answers."""
        return next((one for one in self.installed.values() if one.active), None)

    @property
    def is_measured(self) -> bool:
        """Whether speeds can be foretold."""
        return any(fit.expected for fit in self.fits.values())

    @property
    def may_measure(self) -> bool:
        """Whether measuring could tell something: a model fits into memory."""
        return any(fit.verdict in _RUNS for fit in self.fits.values())

    # Which card stands where --------------------------------------------------------------

    @property
    def recommended(self) -> str:
        """The SHA-256 of the one for this machine; empty: there is none, or it is not known yet."""
        found = (entry.sha256 for entry in self.entries.values() if entry.id == self.best)
        return next(found, "") if self.best else ""

    @property
    def first(self) -> str:
        """The card at the top: the recommended model, until it is in use; empty for none."""
        model = self.installed.get(self.recommended)
        return "" if model and model.active else self.recommended

    @property
    def here(self) -> list[str]:
        """What is on this laptop, the one in use first."""
        shown = [one for one in self.installed.values() if one.sha256 != self.first]
        shown.sort(key=lambda one: (not one.active, one.source == "starter", one.name.casefold()))
        return [one.sha256 for one in shown]

    @property
    def offered(self) -> tuple[list[str], list[str]]:
        """What else there is: a few that run here and what is on its way, then all the rest."""
        run: list[str] = []
        rest: list[str] = []
        for sha256, entry in self.entries.items():
            if sha256 in self.installed or sha256 == self.first:
                continue
            fit = self.fits.get(entry.id)
            runs = fit is None or fit.verdict in _RUNS
            (run if sha256 in self.states or (runs and entry.usable) else rest).append(sha256)
        run.sort(key=self._rank)  # else in the catalogue's order: the smallest first
        shown = max(_FEW, sum(one in self.states for one in run))
        return [*self._unlisted, *run[:shown]], [*run[shown:], *rest]

    def _rank(self, sha256: str) -> tuple[bool, bool]:
        """What is on its way comes first, what is slow or leaves little memory last."""
        fit = self.fit(sha256)
        return sha256 not in self.states, bool(fit and fit.verdict is Verdict.TIGHT)

    @property
    def _unlisted(self) -> list[str]:
        """Downloads of what is in the catalogue no more."""
        return [
            one
            for one, state in self.states.items()
            if one not in self.entries and one not in self.installed and state.step is not Step.DONE
        ]

    def face(self, sha256: str) -> Face:
        """What its card shows."""
        model, entry = self.installed.get(sha256), self.entries.get(sha256)
        state = self.states.get(sha256)
        fetched = state if state and state.step is not Step.DONE else None
        if model and not (fetched and _is_broken(model)):
            return self._with_task(sha256, self._of_installed(model, entry))
        if fetched:
            return self._of_download(sha256, fetched, entry)
        if entry:
            return self._of_offer(sha256, entry)
        return Face(self.name(sha256))

    # The faces ----------------------------------------------------------------------------

    def _of_offer(self, sha256: str, entry: Entry) -> Face:
        fit = self.fits.get(entry.id)
        problem = self.problems.get(sha256, "")
        is_first = sha256 == self.first
        facts = words.offered_facts(entry, fit)
        if is_first:
            facts = f"{facts}\n{words.more_facts(entry)}"
        runs = entry.usable and (fit is None or fit.verdict in _RUNS)
        what = f"Get {entry.name}{_gap()}{size(entry.size)}"
        label = what if is_first else f"Get{_gap()}{size(entry.size)}"
        return Face(
            entry.name,
            _sentences(entry.good_at, fit.words if fit else ""),
            facts,
            problem,
            danger=bool(problem),
            offers=(Offer(Act.GET, label, what, main=is_first),) if runs else (),
        )

    def _of_download(self, sha256: str, state: DownloadState, entry: Entry | None) -> Face:
        problem = self.problems.get(sha256, "")
        said, progress = problem, ""
        if state.step is Step.FAILED:
            said = said or words.download_words(state)
        else:
            progress = words.download_words(state)
        return Face(
            state.name,
            entry.good_at if entry else "",
            words.offered_facts(entry, self.fits.get(entry.id)) if entry else "",
            said,
            danger=bool(said),
            progress=progress,
            share=words.share_of(state),
            offers=_download_offers(state, is_main=sha256 == self.first),
        )

    def _of_installed(self, model: Installed, entry: Entry | None) -> Face:
        problem = self.problems.get(model.sha256, "")
        wrong = words.condition(model)
        usable = model.state in _USABLE
        is_first = model.sha256 == self.first
        offers: tuple[Offer, ...] = ()
        if usable and not model.active:
            offers = (Offer(Act.USE, "Use it now", f"Use {model.name} now", main=is_first),)
        elif entry and entry.usable and _is_broken(model):
            offers = (_get_again(entry, is_first=is_first),)
        return Face(
            model.name,
            _sentences(entry.good_at if entry else "", wrong),
            words.installed_facts(model),
            problem,
            danger=bool(problem),
            offers=offers,
            more=_more(model, usable=usable),
        )

    def _with_task(self, sha256: str, face: Face) -> Face:
        task = self.tasks.get(sha256)
        if not task:
            return face
        stop = Offer(Act.STOP, "Cancel", f"Cancel what is done with {face.title}")
        return Face(
            face.title,
            face.words,
            face.facts,
            progress=task.words,
            share=task.share,
            offers=(stop,),
        )


def _is_broken(model: Installed) -> bool:
    """Whether its file has to be fetched again; one of another program is not ours to replace."""
    return model.state in _BROKEN and not model.linked


def _get_again(entry: Entry, *, is_first: bool) -> Offer:
    """Fetch a model once more: one that is in use cannot be deleted first, and need not be."""
    name = f"Get {entry.name} again{_gap()}{size(entry.size)}"
    words = name if is_first else f"Get it again{_gap()}{size(entry.size)}"
    return Offer(Act.GET, words, name, main=is_first)


def _download_offers(state: DownloadState, *, is_main: bool) -> tuple[Offer, ...]:
    name = state.name
    if state.step in _BEING_CHECKED:
        return ()
    drop = Offer(Act.DISCARD, "Cancel", f"Cancel the download of {name} and delete what is here")
    if state.step in _ON_ITS_WAY:
        return (Offer(Act.PAUSE, "Pause", f"Pause the download of {name}"), drop)
    if state.step is Step.FAILED:
        drop = Offer(Act.DISCARD, "Remove", f"Remove the failed download of {name}")
    again = "Go on" if state.can_resume else "Try again"
    go_on = Offer(Act.RESUME, again, f"{again} with the download of {name}", main=is_main)
    return (go_on, drop)


def _more(model: Installed, *, usable: bool) -> tuple[Offer, ...]:
    name = model.name
    verify = Offer(Act.VERIFY, "Check its file", f"Check the file of {name}")
    work = (
        Offer(Act.MEASURE, "Measure it…", f"Measure {name}"),
        Offer(Act.SMALLER, "Make it smaller…", f"Make {name} smaller"),
    )
    back = (Offer(Act.BACK, "Go back to the one before", "Go back to the model before"),)
    is_kept = model.active or model.source == "starter"
    end = () if is_kept else (Offer(Act.REMOVE, "Delete…", f"Delete {name}"),)
    return (verify, *(work if usable else ()), *(back if model.active else ()), *end)


def _sentences(*parts: str) -> str:
    return " ".join(dict.fromkeys(filter(None, parts)))


def _gap() -> str:
    return " · "
