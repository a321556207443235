"""Making a profile this process's own, before anything of it is opened."""

from __future__ import annotations

from contextlib import ExitStack

from assistant.access import erasing
from assistant.errors import ProfileInUse
from assistant.instance import Instance, raise_first, wait_for
from assistant.log import start_log
from assistant.paths import Profile


def hold(profile: Profile, holds: ExitStack, patience: float = 0.0) -> Instance:
    """Make the profile this process's own, and begin its log, until ``holds`` is closed.

    Args:
        profile: Need not exist.
        holds: Lets go at its end.
        patience: Seconds to wait for a short-lived process that holds it, like ``hush ask``.

    Raises:
        ProfileUnusable, ProfileInUse: nothing is held.
        StorageFull: an erasure that was cut short cannot be ended.
    """
    profile.prepare()
    instance = holds.enter_context(wait_for(profile, patience=patience))
    holds.enter_context(start_log(profile.logs))
    erasing.finish(profile)  # of an erasure that was cut short
    return instance


def hold_or_raise(profile: Profile, holds: ExitStack, patience: float) -> Instance | None:
    """As ``hold``; None where a window holds the profile, which has come forward then."""
    try:
        return hold(profile, holds, patience)
    except ProfileInUse:
        if raise_first(profile):
            return None
        raise
