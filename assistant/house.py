"""What stands before a vault is open, and after it is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.courtesy import GiveWay
from assistant.engine_room import EngineRoom
from assistant.parts import Parts
from assistant.paths import Profile
from assistant.settings import Settings
from assistant.wanted_model import WantedModel


@dataclass(frozen=True, slots=True)
class House:
    """Where the rooms over a vault are built.

    Attributes:
        profile: Where everything is kept.
        parts: What to build from.
        room: What works for an answer.
        wanted: Which model answers.
        settings: The settings of the moment.
        use_shelf: Lets the shelf decide which model answers, where the settings named a file.
        give_way: Called between pieces of what takes long and nobody waits for.
    """

    profile: Profile
    parts: Parts
    room: EngineRoom
    wanted: WantedModel
    settings: Callable[[], Settings]
    use_shelf: Callable[[], object]
    give_way: GiveWay
