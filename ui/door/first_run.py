"""The first run, step by step: back and forth, nothing lost, nothing made before the end.

::

    welcome -> a second way in -> recovery code -> two of its groups -> made
                               -> passphrase ------------------------->
                               -> none, said plainly ----------------->
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from assistant.access.entrance import FirstKeys, RecoveryCode, VaultStatus
from assistant.errors import HushError
from ui.bridge import Bridge
from ui.door.recovery_code import Sample, asked_groups
from ui.door.second_way import AlonePage, CheckPage, CodePage, PassphrasePage, SecondWayPage
from ui.door.step import StepPage
from ui.door.welcome import WelcomePage
from ui.stage import Stage


@dataclass(slots=True)
class Answers:
    """What the person has given so far; it lives in memory only, until the vault is made."""

    passphrase: tuple[str, str] = field(default=("", ""), repr=False)  # as typed, twice
    code: RecoveryCode | None = field(default=None, repr=False)
    asked: tuple[int, ...] = ()
    typed: tuple[str, ...] = field(default=(), repr=False)
    confirmed: bool = False  # the code is written down


class FirstRun:
    """Leads through the pages.

    Args:
        status: What is known of keyrings; there is no vault yet.
        stage: Shows pages.
        bridge: Tells when a file is written.
        make: Gets the ways in at the end; ``refuse`` tells of its failure.
        sample: Picks the groups to ask for.
        remark: What the person should hear first; may be empty.
    """

    def __init__(
        self,
        status: VaultStatus,
        stage: Stage,
        bridge: Bridge,
        make: Callable[[FirstKeys], None],
        sample: Sample | None = None,
        remark: str = "",
    ) -> None:
        self._found = status
        self._status = status
        self._stage = stage
        self._bridge = bridge
        self._make = make
        self._sample = sample
        self._remark = remark
        self._answers = Answers()
        self._page: StepPage | None = None

    def start(self) -> None:
        """Show the welcome page, with what was given before."""
        page = WelcomePage(
            self._status,
            self._stage.theme,
            self._answers.passphrase,
            keyring_again=self._status != self._found,
            remark=self._remark,
        )
        page.went_on.connect(partial(self._begun, page))
        page.back_wanted.connect(self._end)
        page.keyring_wanted.connect(self._with_keyring_again)
        self._show(page)

    def refuse(self, error: HushError) -> None:
        """The vault was not made: say why, where the person can change something."""
        if self._page:
            self._page.show_problem(error.sentence)

    def go_on_without_keyring(self, error: HushError) -> None:
        """The keyring went away, or took no key: now a passphrase is needed."""
        self._status = replace(self._found, keyring="", keyring_problem=error.message)
        self.start()

    def _with_keyring_again(self) -> None:
        self._status = self._found
        self.start()

    # Step by step -------------------------------------------------------------------------

    def _begun(self, page: WelcomePage) -> None:
        if page.form:
            self._answers.passphrase = page.form.typed
        if self._answers.confirmed:  # on paper before the keyring went away
            self._finish(code=True)
        else:
            self._second_way()

    def _second_way(self) -> None:
        page = SecondWayPage(self._stage.theme, has_keyring=self._has_keyring)
        page.went_on.connect(self._code)
        page.passphrase_wanted.connect(self._passphrase)
        page.skip_wanted.connect(self._alone)
        page.back_wanted.connect(self.start)
        self._show(page)

    def _code(self) -> None:
        code = self._answers.code
        if code is None:  # going back and forth shows the same: it may be on paper already
            code = self._answers.code = RecoveryCode.generate()
            self._answers.asked = asked_groups(code, self._sample)
        page = CodePage(code, self._stage.theme, self._bridge)

        def leave(to: Callable[[], None]) -> None:
            page.sheet.clear()
            to()

        page.went_on.connect(partial(leave, partial(self._check, code)))
        page.back_wanted.connect(partial(leave, self._second_way))
        self._show(page)

    def _check(self, code: RecoveryCode) -> None:
        answers = self._answers
        page = CheckPage(code, answers.asked, self._stage.theme, answers.typed)

        def back() -> None:
            answers.typed = page.check.typed
            page.check.clear()
            self._code()

        def confirmed() -> None:
            answers.typed, answers.confirmed = page.check.typed, True
            self._finish(code=True)

        page.confirmed.connect(confirmed)
        page.back_wanted.connect(back)
        self._show(page)

    def _passphrase(self) -> None:
        answers = self._answers
        page = PassphrasePage(self._stage.theme, answers.passphrase)

        def leave(to: Callable[[], None]) -> None:
            answers.passphrase = page.form.typed
            to()

        page.went_on.connect(partial(leave, partial(self._finish, passphrase=True)))
        page.back_wanted.connect(partial(leave, self._second_way))
        self._show(page)

    def _alone(self) -> None:
        page = AlonePage(self._stage.theme, has_keyring=self._has_keyring)
        page.accepted.connect(self._finish)
        page.back_wanted.connect(self._second_way)
        self._show(page)

    def _finish(self, *, code: bool = False, passphrase: bool = False) -> None:
        page = self._page
        if page is None or page.is_busy:
            return
        page.show_busy("Preparing…")
        wants_passphrase = passphrase or not self._has_keyring
        self._make(
            FirstKeys(
                keyring=self._has_keyring,
                passphrase=self._answers.passphrase[0] if wants_passphrase else None,
                recovery=self._answers.code if code else None,
            )
        )

    @property
    def _has_keyring(self) -> bool:
        return bool(self._status.keyring)

    def _show(self, page: StepPage) -> None:
        self._page = page
        self._stage.show_full_page(page)

    def _end(self) -> None:
        """Esc on the first page: nothing was made."""
        self._stage.close()
