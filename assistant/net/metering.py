"""Who is asked, on this system, whether the connection is paid for by volume."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from assistant.net.metered import READ_SECONDS, MeteredProbe, NobodyKnows


def system_metered(environment: Mapping[str, str]) -> MeteredProbe:
    """The probe for this system. Nothing is asked yet.

    Args:
        environment: Says where the system's bus is.
    """
    if sys.platform != "linux":
        return NobodyKnows()
    from assistant.machine.session_linux import system_bus
    from assistant.net.metered_linux import NetworkManagerMetered

    return NetworkManagerMetered(system_bus(environment), READ_SECONDS)
