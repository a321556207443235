"""What the window says of power: in the status line, in its panel, while a reply waits. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assistant.power.plan import Mode, Plan, Readings, Reason
from assistant.text import percent
from ui.theme.icons import Icon

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 24 * _HOUR

_DRAWINGS: Final = {
    Mode.FULL: Icon.FULL_POWER,
    Mode.THROTTLED: Icon.SLOWER,
    Mode.PAUSED: Icon.PAUSED,
}
_SHORT: Final = {Mode.FULL: "full power", Mode.THROTTLED: "slower", Mode.PAUSED: "paused"}

# Why, in a word or two; where the battery is part of the reason its charge follows.
_WHY: Final = {
    Reason.HOT: "hot",
    Reason.WARM_ON_BATTERY: "",
    Reason.HOT_ON_BATTERY: "hot",
    Reason.CRITICAL_HEAT: "too hot",
    Reason.LOW_POWER: "saving power",
    Reason.ALWAYS_QUIET: "always quiet",
    Reason.GOING_ON: "as you wished",
}
_BATTERY_MATTERS: Final = frozenset(
    {Reason.WARM_ON_BATTERY, Reason.HOT_ON_BATTERY, Reason.LOW_POWER}
)


@dataclass(frozen=True, slots=True)
class PowerWords:
    """What the status line says of power."""

    words: str
    short: str
    drawing: Icon


def power_words(plan: Plan, readings: Readings) -> PowerWords:
    """What the status line says: "mains, full power", "slower: 18 % battery", "paused: too hot"."""
    return PowerWords(_line(plan, readings), _SHORT[plan.mode], _DRAWINGS[plan.mode])


def _line(plan: Plan, readings: Readings) -> str:
    if plan.mode is Mode.FULL:
        once = " once" if plan.reason is Reason.FULL_ONCE else ""
        return ", ".join(filter(None, (_source(readings), f"full power{once}")))
    charge = readings.battery if plan.reason in _BATTERY_MATTERS and not readings.on_mains else None
    battery = "" if charge is None else f"{percent(charge)} battery"
    why = ", ".join(filter(None, (_WHY.get(plan.reason, ""), battery)))
    return f"{_SHORT[plan.mode]}: {why}" if why else _SHORT[plan.mode]


def _source(readings: Readings) -> str:
    if readings.on_mains:
        return "mains"
    if readings.on_mains is None:
        return ""
    return "battery" if readings.battery is None else f"battery {percent(readings.battery)}"


def effects(plan: Plan) -> list[str]:
    """What the plan changes for the person beyond what its words say, a sentence each."""
    if plan.mode is Mode.PAUSED:
        return ["Nothing is written or read until this is over.", "Nothing is sent anywhere."]
    found = []
    if plan.threads or plan.token_delay_ms:
        found.append(f"Answers come slower: {_how_slow(plan)}.")
    if plan.max_reply_tokens is not None:
        found.append(
            f"Answers are shorter: {plan.max_reply_tokens:,} tokens at most. Expand goes on."
        )
    if not plan.background_allowed and "background" not in plan.words:
        found.append("Nothing runs in the background.")
    return found or ["Answers come as fast as this machine can write them."]


def _how_slow(plan: Plan) -> str:
    cores = ""
    if plan.threads:
        cores = f"{plan.threads} processor core{'s' * (plan.threads > 1)}"
    rest = f"a rest of {plan.token_delay_ms} ms after each token" if plan.token_delay_ms else ""
    return ", ".join(filter(None, (cores, rest)))


def supply(readings: Readings, seconds_left: float | None) -> str:
    """What the machine runs on and for how long; what is unknown is said to be.

    Args:
        readings: As they are.
        seconds_left: Until the battery is empty at the present draw; None where nobody knows.
    """
    charge = "" if readings.battery is None else percent(readings.battery)
    battery = f" Battery: {charge}." if charge else ""
    if readings.on_mains is None:
        return f"This machine does not tell what it runs on.{battery}"
    if readings.on_mains:
        return f"On mains power.{battery}"
    draw = f" {readings.watts:.1f} W are drawn now." if readings.watts else ""
    left = (
        " How long it lasts is not known yet."
        if seconds_left is None
        else f" About {duration(seconds_left)} left at this draw."
    )
    return f"On battery{': ' * bool(charge)}{charge}.{draw}{left}"


def duration(seconds: float) -> str:
    """A time to plan with: "50 min", "2 h 10 min"; beyond an hour to five minutes."""
    if seconds < _MINUTE:
        return "a minute"
    if seconds >= _DAY:
        return "a day or more"
    minutes = round(seconds / _MINUTE)
    if minutes > _HOUR / _MINUTE:
        minutes = 5 * round(minutes / 5)
    hours, minutes = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours} h" * bool(hours), f"{minutes} min" * bool(minutes))))


def waiting(plan: Plan) -> str:
    """What is waited for while paused, once the person said that they wait."""
    if plan.reason is Reason.HOT_ON_BATTERY:
        return "Waiting until it is cooler or on mains."
    return "Waiting until it is cooler."
