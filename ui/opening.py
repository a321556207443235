"""Opens an address in the person's browser, which must not be sealed with Hush.

What Hush starts is sealed as Hush is, and gains no privileges, so a browser's own sandbox fails.
The desktop's portal starts it instead; where there is none, the broker.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from assistant.net.starting import NetStarter


class Opening:
    """Hands an address to the desktop; called with it, says whether a program took it.

    Waits for up to two seconds, where a desktop does not answer.

    Args:
        net: Starts what is not to be sealed.
        portal: Asks the desktop; by default Linux's, which others do not have.
    """

    def __init__(self, net: NetStarter, portal: Callable[[str], bool] | None = None) -> None:
        self._net = net
        self._portal = portal or _portal_of(sys.platform)

    def __call__(self, address: str) -> bool:
        """Open a link's address: web, mail or telephone, as ``ui/markdown/addresses`` lets pass."""
        return self._portal(address) or self._net.open_address(address)


def _portal_of(platform: str) -> Callable[[str], bool]:
    return _ask_portal if platform == "linux" else lambda _: False


def _ask_portal(address: str) -> bool:
    from assistant.machine.portal import ask_portal  # its messages are made by a package of Linux's

    return ask_portal(address, os.environ)
