"""Wires the cloud's place to the providers, to what waits, and to the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from assistant.errors import HushError, InputRefused
from assistant.settings import Settings
from ui.bridge import Bridge
from ui.cloud import words
from ui.cloud.page import CloudPage
from ui.cloud.provider_form import ProviderForm
from ui.cloud.providers_list import Act
from ui.latest import Latest
from ui.markdown.safe_text import harmless
from ui.network.approving import Approving, Question

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.cloud.protocols import CloudRoom
    from assistant.cloud.records import Provider, Waiting
    from assistant.net.approvals import Approval
    from assistant.records import CloudMark

_ASKING: Final = "Asking which models it has…"
_TEST: Final = "Ask {host} which models it has?"
_SAVED_KEY: Final = "{name} is kept. Its key is gone when Hush closes: no safe keyring is here."
_WORDS_KEPT: Final = "Kept. From now on they are swapped wherever they stand."
_NOT_THERE: Final = "{name} is not among the providers any more. There is no key to change."
_NO_WORDS: Final = "Kept: no words of your own are swapped."

Change = Callable[[Settings], Settings]


@dataclass(frozen=True, slots=True)
class CloudWays:
    """What the cloud's place needs beside its services.

    Attributes:
        settings: Those of the moment.
        change: Makes others hold.
        show_setting: Leads to one of them.
        ask: Lets the person look at what would be sent for what waits.
        now: Local time.
    """

    settings: Callable[[], Settings]
    change: Callable[[Settings], object]
    show_setting: Callable[[str], object]
    ask: Callable[[Waiting], object]
    now: Callable[[], datetime]


class CloudController(QObject):
    """What a person does in the cloud's place.

    Args:
        cloud: The services.
        bridge: Brings outcomes to the GUI thread.
        page: The place.
        approving: Asks before a provider is tested; None where nothing may leave.
        ways: The rest.
    """

    def __init__(
        self,
        cloud: CloudRoom,
        bridge: Bridge,
        page: CloudPage,
        approving: Approving | None,
        ways: CloudWays,
    ) -> None:
        super().__init__(page)
        self._cloud = cloud
        self._bridge = bridge
        self._page = page
        self._approving = approving
        self._ways = ways
        self._providers, self._waiting, self._hidden = (Latest(bridge, self) for _ in range(3))
        self._connect()

    def _connect(self) -> None:
        page = self._page
        page.turned.connect(lambda on: self._set("cloud", value=on))
        page.providers.acted.connect(self._act)
        page.providers.saved.connect(self._save)
        page.providers.trusted.connect(self._trust)
        page.waiting.asked.connect(self._ways.ask)
        page.waiting.dropped.connect(self._drop)
        page.hidden.given.connect(self._hide)
        page.hidden.again_wanted.connect(self._read_hidden)
        page.hidden.redact_turned.connect(lambda on: self._set("cloud_redact", value=on))
        for section in (page.offers, page.comparing):
            section.given.connect(self._change)
            section.setting_wanted.connect(self._ways.show_setting)

    # What there is ------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show all of it anew."""
        self.show_settings()
        self._providers.expect(self._cloud.providers.list(), self._show_providers, self._failed)
        self._waiting.expect(self._cloud.waiting.list(), self._show_waiting, self._failed)
        self._read_hidden()

    def show_settings(self) -> None:
        """Show the settings, and whether anybody could be asked."""
        self._page.show_settings(self._ways.settings(), self._cloud.why_not)

    def change_key(self, mark: CloudMark) -> None:
        """Let the person enter another key for who is there: it does not take the one there is.

        Args:
            mark: Of the answer. Of several at one host, the one that bears this name is meant.
        """
        self._show_providers(self._cloud.providers.known)
        lines = [
            line for line in self._page.providers.lines.values() if line.provider.host == mark.host
        ]
        if lines:
            line = max(lines, key=lambda line: _likeness(line.provider, mark))
            line.open_change(at_key=True)
        else:
            self._page.notice.say(_NOT_THERE.format(name=harmless(mark.provider)))

    def _show_providers(self, providers: tuple[Provider, ...]) -> None:
        self._page.providers.show_providers(providers, key_lasts=self._cloud.key_lasts)
        self.show_settings()

    def _show_waiting(self, waiting: tuple[Waiting, ...]) -> None:
        names = {one.id: one.name for one in self._cloud.providers.known}
        can_ask = not self._cloud.why_not
        self._page.waiting.show_waiting(waiting, names, self._ways.now(), can_ask=can_ask)

    def _failed(self, error: HushError) -> None:
        self._page.notice.say(error.sentence, danger=not isinstance(error, InputRefused))

    # Settings -----------------------------------------------------------------------------

    def _set(self, name: str, *, value: bool) -> None:
        self._change(lambda settings: replace(settings, **{name: value}))  # type: ignore[arg-type] # bool fields

    def _change(self, change: Change) -> None:
        self._ways.change(change(self._ways.settings()))
        self.show_settings()

    def _read_hidden(self) -> None:
        section = self._page.hidden
        self._hidden.expect(self._cloud.hidden.list(), section.show_words, section.show_unread)

    def _hide(self, typed: list[str]) -> None:
        section = self._page.hidden

        def done(_: None) -> None:
            section.show_words(self._cloud.hidden.known)
            section.say(section.line, _WORDS_KEPT if typed else _NO_WORDS)

        def failed(error: HushError) -> None:
            section.say(section.line, error.sentence, danger=True)

        self._bridge.then(self._cloud.hidden.save(typed), done, failed)

    # Providers ----------------------------------------------------------------------------

    def _save(self, provider: Provider, key: str | None, form: ProviderForm) -> None:
        def done(kept: Provider) -> None:
            self._page.providers.end_form(form)
            self.refresh()
            if key and not self._cloud.key_lasts:
                self._page.notice.say(_SAVED_KEY.format(name=kept.name))

        def failed(error: HushError) -> None:
            form.show_problem(error.sentence)

        self._bridge.then(self._cloud.providers.save(provider, key), done, failed)

    def _act(self, act: str, provider_id: str) -> None:
        providers = self._cloud.providers
        provider = next((one for one in providers.known if one.id == provider_id), None)
        if provider is None:
            self.refresh()
        elif act == Act.TEST:
            self._ask_to_test(provider)
        elif act == Act.FIRST:
            self._then(providers.make_default(provider_id))
        else:
            self._then(providers.remove(provider_id))

    def _trust(self, provider_id: str, on: bool) -> None:  # noqa: FBT001 # as the signal gives it
        self._then(self._cloud.providers.trust(provider_id, trusted=on))

    def _then(self, future: object) -> None:
        self._bridge.then(future, lambda _: self.refresh(), self._not_done)  # type: ignore[arg-type] # a Future of whatever

    def _not_done(self, error: HushError) -> None:
        self.refresh()  # a switch goes back to where it was
        self._failed(error)

    def _ask_to_test(self, provider: Provider) -> None:
        """Only a yes lets the question out, though it holds nothing of the person's."""
        if self._approving is None or self._cloud.why_not:
            self._say_tested(provider.id, self._cloud.why_not, danger=True)
            return
        question = Question(
            _TEST.format(host=provider.host),
            words.test_rows(provider),
            "Ask it",
            self._cloud.providers.test_request(provider),
        )
        failed = partial(self._not_tested, provider.id)
        self._approving.ask(question, partial(self._test, provider), failed)

    def _test(self, provider: Provider, approval: Approval) -> None:
        section = self._page.providers
        line = section.lines.get(provider.id)
        if line is None or section.is_working:
            return
        section.begin(line, _ASKING)

        def done(models: tuple[str, ...]) -> None:
            line.models = models
            section.end(words.tested(provider, models))

        def failed(error: HushError) -> None:
            section.end(error.sentence, danger=True)

        self._bridge.then(self._cloud.providers.test(provider, approval), done, failed)

    def _not_tested(self, provider_id: str, error: HushError) -> None:
        self._say_tested(provider_id, error.sentence, danger=True)

    def _say_tested(self, provider_id: str, sentence: str, *, danger: bool) -> None:
        line = self._page.providers.lines.get(provider_id)
        if line:
            self._page.providers.say(line, sentence, danger=danger)

    # What waits ---------------------------------------------------------------------------

    def _drop(self, waiting_id: int) -> None:
        self._then(self._cloud.waiting.drop(waiting_id))


def _likeness(provider: Provider, mark: CloudMark) -> tuple[bool, bool]:
    """How likely it is who gave an answer: both can have been changed since."""
    return provider.name == mark.provider, provider.model == mark.model
