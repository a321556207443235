"""Who is asked, on this system, whether there is a network, and whether it costs by volume."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from assistant.net.metered import READ_SECONDS, MeteredProbe, NobodyKnows
from assistant.net.online import NobodyKnowsOnline, OnlineProbe


def system_metered(environment: Mapping[str, str]) -> MeteredProbe:
    """The probe of what a connection costs. Nothing is asked yet.

    Args:
        environment: Says where the system's bus is.
    """
    if sys.platform != "linux":
        return NobodyKnows()
    from assistant.machine.session_linux import system_bus
    from assistant.net.metered_linux import NetworkManagerMetered

    return NetworkManagerMetered(system_bus(environment), READ_SECONDS)


def system_online(environment: Mapping[str, str]) -> OnlineProbe:
    """The probe of whether there is a network. Nothing is asked yet.

    Args:
        environment: Says where the system's bus is.
    """
    if sys.platform != "linux":
        return NobodyKnowsOnline()
    from assistant.machine.session_linux import system_bus
    from assistant.net.online_linux import NetworkManagerOnline

    return NetworkManagerOnline(system_bus(environment), READ_SECONDS)
