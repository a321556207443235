"""Systems without a seal: said plainly."""

from __future__ import annotations

from typing import Final

from assistant.sealing.protocol import Layer, Level, SealReport, report_of

_WORDS: Final = {
    "win32": Layer(
        "AppContainer",
        False,
        "Not used: Windows puts only a new process into one, which then reaches neither your "
        "files nor your keyring. A rule of the firewall against Hush's program does it by hand.",
    )
}
_UNKNOWN: Final = Layer("none", False, "Hush knows of no seal for this system.")


class NoSeal:
    """Puts up nothing.

    Args:
        platform: Python's name of the system.
    """

    def __init__(self, platform: str) -> None:
        self._layer = _WORDS.get(platform, _UNKNOWN)

    def install(self) -> SealReport:
        """See ``Seal.install``."""
        return self.report()

    def report(self) -> SealReport:
        """See ``Seal.report``."""
        return report_of(Level.NONE, (self._layer,), proven=False)
