"""What all of ``hush models`` works with: the service, a person or a pipe, and how to wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from assistant.cancel import Cancel
from assistant.errors import InputRefused, NotFound
from assistant.events import DownloadChanged, Event, ModelTask, Notice
from assistant.shelf.records import DownloadState, Step
from assistant.shelf.service import ModelService
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.waiting import Counter, Events, Waiter, signals_as_events
from assistant.text import percent
from models.library import Installed

T = TypeVar("T")

_LEAST_DIGITS: Final = 6  # of a digest: fewer may be a word
_DIGITS: Final = frozenset("0123456789abcdef")
_SHOWN_DIGITS: Final = 12
_GB: Final = 1e9  # as shops and system monitors count
_MB: Final = 1e6
_MINUTE: Final = 60
_YES: Final = frozenset({"y", "yes"})
_SEE: Final = "See “hush models list”."


@dataclass(slots=True)
class Desk:
    """One command over the model shelf.

    Attributes:
        service: Everything that is done with models.
        arguments: What was asked for.
        console: Where to.
        events: Where events come.
        interrupted: Ctrl+C came while something was waited for.
    """

    service: ModelService
    arguments: Arguments
    console: Console
    events: Events
    interrupted: bool = field(default=False, init=False)

    def wait(self, future: Future[T], stop: Callable[[], None], download: str = "") -> T:
        """What a future holds, once it does; how far it is, is shown meanwhile.

        Args:
            future: What is waited for.
            stop: Asks it to end, at Ctrl+C.
            download: Digest of the model whose download is told of.

        Raises:
            HushError: what the future raises.
        """
        counter = Counter(self.console)

        def tell(event: Event) -> None:
            if isinstance(event, ModelTask):
                counter.show(f"{event.words} {percent(event.share)}")
            elif isinstance(event, DownloadChanged) and event.state.sha256 == download:
                self._tell_download(event.state, counter)
            elif isinstance(event, Notice):
                counter.keep()
                self.console.remark(event.text)

        with signals_as_events(self.events):
            waiter = Waiter(self.events, tell)
            try:
                return waiter.wait(future, stop)
            finally:
                self.interrupted = self.interrupted or waiter.interrupted
                counter.clear()

    def work(self, begin: Callable[[Callable[[str, float], None], Cancel], Future[T]]) -> T:
        """Have something done that tells how far it is, and ends at Ctrl+C.

        Args:
            begin: Gets whom to tell, and what asks it to stop.
        """
        cancel = Cancel()

        def tell(words: str, share: float) -> None:
            self.events.put(ModelTask(self.arguments.action, "", share, words))

        return self.wait(begin(tell, cancel), cancel.ask)

    def models(self) -> tuple[Installed, ...]:
        """The models on this computer."""
        return self.service.library.all().result()

    def find(self, wanted: str) -> Installed:
        """A model by its name, its catalogue id, or the beginning of its digest.

        Raises:
            NotFound: there is none.
            InputRefused: there is more than one.
        """
        text = wanted.strip().lower()
        found = [one for one in self.models() if _is_meant(one, text)]
        if not found:
            raise NotFound("There is no such model on this computer.", _SEE)
        if len(found) > 1:
            digests = ", ".join(one.sha256[:_SHOWN_DIGITS] for one in found)
            raise InputRefused(f"More than one model is called so: {digests}.", "Say which.")
        return found[0]

    def active(self) -> Installed:
        """The model in use.

        Raises:
            NotFound: none of the shelf is.
        """
        found = next((one for one in self.models() if one.active), None)
        if found is None:
            raise NotFound("No model of the shelf is in use.", _SEE)
        return found

    def agrees(self, question: str) -> bool:
        """Whether the person who sits there says yes; anything else is no."""
        return self.console.reply(f"{question} [y/N] ").strip().lower() in _YES

    def _tell_download(self, state: DownloadState, counter: Counter) -> None:
        if self.arguments.json:
            self.console.data({"event": "download", **asdict(state)})
        elif state.step is Step.RUNNING:
            counter.show(
                f"{size(state.done)} of {size(state.total)}, "
                f"{state.bytes_per_second / _MB:.1f} MB/s{_left(state.seconds_left)}"
            )
        elif state.step in _STEPS:
            counter.show(state.words or _STEPS[state.step])


def as_data(model: Installed) -> dict[str, Any]:
    """A model as plain data; times are milliseconds since 1970, UTC, 0 is never."""
    return {**asdict(model), "path": str(model.path)}


def as_line(model: Installed, more: str = "") -> str:
    """A model for a list: use, name, size, where from or what is wrong, digest."""
    mark = "*" if model.active else " "
    state = model.state if model.state != "ready" else model.source
    digits = model.sha256[:_SHOWN_DIGITS]
    return f"{mark} {model.name:<32}  {size(model.size):>7}  {state:<10}  {digits}  {more}".rstrip()


def size(count: int) -> str:
    """A number of bytes, for people."""
    return f"{count / _GB:.1f} GB" if count >= _GB else f"{count / _MB:.0f} MB"


def one_of_your_own(path: str) -> Path:
    """A file as a person names it, from the root on; it need not be there."""
    return Path(path).expanduser().absolute()


def named(models: Sequence[Installed]) -> dict[str, str]:
    """Names by digest."""
    return {model.sha256: model.name for model in models}


def _is_meant(model: Installed, text: str) -> bool:
    if not text:
        return False
    if text in {model.name.lower(), model.entry_id.lower()}:
        return True
    is_digest = len(text) >= _LEAST_DIGITS and not set(text) - _DIGITS
    return is_digest and model.sha256.startswith(text)


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes = seconds / _MINUTE
    return f", {minutes:.0f} min left" if minutes >= 1 else f", {seconds:.0f} s left"


_STEPS: Final = {
    Step.WAITING: "Waiting for another download.",
    Step.CONNECTING: "Connecting.",
    Step.VERIFYING: "Reading what came, and comparing it with its digest.",
    Step.PREFLIGHT: "Examining it.",
}
