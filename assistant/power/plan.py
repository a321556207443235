"""What the machine tells of itself, and what follows from it: frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Heat(IntEnum):
    """How hot the machine is, in the words of macOS's ``NSProcessInfoThermalState``."""

    NOMINAL = 0
    FAIR = 1
    SERIOUS = 2
    CRITICAL = 3


@dataclass(frozen=True, slots=True)
class Readings:
    """What the probes found; None where nothing is known.

    Attributes:
        on_mains: Whether the machine runs on mains power. A machine with no battery does.
        battery: Charge from 0 to 1; None where there is no battery, too.
        heat: How hot it is.
        low_power: Whether the system was told to save power.
        watts: What is drawn from the battery now, above 0 while it is discharging.
        watt_hours: What is left in the battery.
        seconds_left: The system's own estimate until the battery is empty.
    """

    on_mains: bool | None = None
    battery: float | None = None
    heat: Heat | None = None
    low_power: bool | None = None
    watts: float | None = None
    watt_hours: float | None = None
    seconds_left: float | None = None


class Mode(StrEnum):
    """How hard the model may work."""

    FULL = "full"
    THROTTLED = "throttled"
    PAUSED = "paused"


class Reason(StrEnum):
    """Why a mode holds; ``Plan.words`` says it to the person."""

    NOTHING = "nothing"
    ON_BATTERY = "on-battery"  # full, but nothing in the background
    WARM_ON_BATTERY = "warm-on-battery"
    HOT = "hot"
    HOT_ON_BATTERY = "hot-on-battery"
    CRITICAL_HEAT = "critical-heat"
    LOW_POWER = "low-power"
    ALWAYS_QUIET = "always-quiet"
    FULL_ONCE = "full-once"
    GOING_ON = "going-on"  # the person went on slowly where Hush would pause


class Override(StrEnum):
    """What the person wants instead of what would be decided."""

    NONE = "none"
    FULL_ONCE = "full-once"  # until the next reply has ended
    ALWAYS_QUIET = "always-quiet"  # until it is taken back; a setting
    GO_ON_SLOWLY = "go-on-slowly"  # throttled instead of paused, until the mode is better


@dataclass(frozen=True, slots=True)
class Plan:
    """What the engine obeys.

    Attributes:
        mode: How hard it may work.
        reason: Why.
        words: Mode and reason for the person: "Running slower to save battery (18 %)."
        threads: 0 means all that it was loaded with.
        token_delay_ms: Waited after each token.
        max_reply_tokens: Longest reply; None leaves it to the settings.
        background_allowed: Whether anything may run that nobody waits for.
    """

    mode: Mode = Mode.FULL
    reason: Reason = Reason.NOTHING
    words: str = field(default="Full power.")
    threads: int = 0
    token_delay_ms: int = 0
    max_reply_tokens: int | None = None
    background_allowed: bool = True
