"""Who is asked, on this system, whether there is a network."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Final

from assistant.net.online import NobodyKnowsOnline, OnlineProbe

READ_SECONDS: Final = 2.0


def system_online(environment: Mapping[str, str]) -> OnlineProbe:
    """The probe for this system. Nothing is asked yet.

    Args:
        environment: Says where the system's bus is.
    """
    if sys.platform != "linux":
        return NobodyKnowsOnline()
    from assistant.machine.session_linux import system_bus
    from assistant.net.online_linux import NetworkManagerOnline

    return NetworkManagerOnline(system_bus(environment), READ_SECONDS)
