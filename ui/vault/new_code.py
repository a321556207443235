"""A new recovery code: shown, asked for, and only then used."""

from __future__ import annotations

from collections.abc import Callable

from assistant.store.recovery import RecoveryCode
from ui.bridge import Bridge
from ui.door.recovery_code import asked_groups
from ui.door.second_way import CheckPage, CodePage
from ui.vault.stage import Front


class NewCode:
    """Leads through two pages; back and forth as the person likes.

    Args:
        stage: Shows the pages.
        bridge: Tells when a file with the code is written.
        given: Gets the code once it was written down, and the page that can tell how it goes on.
        code: The new one.
    """

    def __init__(
        self,
        stage: Front,
        bridge: Bridge,
        given: Callable[[RecoveryCode, CheckPage], None],
        code: RecoveryCode | None = None,
    ) -> None:
        self._stage = stage
        self._bridge = bridge
        self._given = given
        self._code = code or RecoveryCode.generate()
        self._asked = asked_groups(self._code)
        self._typed: tuple[str, ...] = ()

    def show(self) -> None:
        """Show the code."""
        page = CodePage(self._code, self._stage.theme, self._bridge)

        def go_on() -> None:
            page.sheet.clear()
            self._ask()

        def leave() -> None:
            page.sheet.clear()
            self._stage.leave_full_page()

        page.went_on.connect(go_on)
        page.back_wanted.connect(leave)
        self._stage.show_full_page(page)

    def _ask(self) -> None:
        page = CheckPage(self._code, self._asked, self._stage.theme, self._typed)

        def back() -> None:
            if not page.is_busy:
                self._typed = page.check.typed
                page.check.clear()
                self.show()

        page.confirmed.connect(lambda: self._given(self._code, page))
        page.back_wanted.connect(back)
        self._stage.show_full_page(page)
