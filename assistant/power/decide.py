"""One pure decision: how hard the machine may work, given what it tells of itself.

The thresholds are the project's own (row 7 of its requirements, ``ThermalAwareInferenceManager``):
critical heat, or serious heat below 20 % of battery, pauses; serious heat, or fair heat below
30 %, throttles, and so does a system that was told to save power. Battery counts only while it is
what the machine runs on. What is unknown never throttles; it only keeps the background still.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from assistant.power.plan import Heat, Mode, Override, Plan, Readings, Reason
from assistant.text import percent


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a mode begins, and what it means.

    Attributes:
        low_battery: Below it serious heat pauses; 0 to 1.
        fair_battery: Below it fair heat throttles; 0 to 1.
        token_delay_ms: After each token while throttled. With the starter model, which decodes a
            token in some 11 ms on one thread, 15 leaves the processor idle more than half the time.
        reply_tokens: The longest reply while throttled.
        threads: What the engine computes with at full power; 0 is unknown.
        background_on_battery: Whether the person lets background work run on battery.
    """

    low_battery: float = 0.20
    fair_battery: float = 0.30
    token_delay_ms: int = 15
    reply_tokens: int = 128
    threads: int = 0
    background_on_battery: bool = False


_LIMITS: Final = Limits()


def decide(
    readings: Readings, override: Override = Override.NONE, limits: Limits = _LIMITS
) -> Plan:
    """How hard the model may work.

    Args:
        readings: As ``sane`` leaves them.
        override: What the person wants instead.
        limits: Where a mode begins, and what it means.
    """
    return overridden(_unhindered(readings, limits), override, limits)


def overridden(plan: Plan, override: Override, limits: Limits = _LIMITS) -> Plan:
    """What the person wants instead of ``plan``.

    Full power lifts everything but critical heat, which it makes slow instead of paused. Nothing
    lets the background run where the plan would not.

    Args:
        plan: As it was decided, without an override.
        override: What the person wants.
        limits: What a mode means.
    """
    if override is Override.FULL_ONCE:
        if plan.reason is Reason.CRITICAL_HEAT:
            return _going_on(plan, limits)
        words = "Full power for one answer, as you chose."
        allowed = plan.background_allowed
        return Plan(Mode.FULL, Reason.FULL_ONCE, words, background_allowed=allowed)
    if override is Override.ALWAYS_QUIET and plan.mode is Mode.FULL:
        return _throttled(
            Reason.ALWAYS_QUIET, "Running slower to stay quiet, as you chose.", limits
        )
    if override is Override.GO_ON_SLOWLY and plan.mode is Mode.PAUSED:
        return _going_on(plan, limits)
    return plan


def _unhindered(readings: Readings, limits: Limits) -> Plan:
    on_battery = readings.on_mains is False
    heat = Heat.NOMINAL if readings.heat is None else readings.heat
    if heat >= Heat.CRITICAL:
        return _paused(Reason.CRITICAL_HEAT, "Paused: the machine is too hot.")
    if heat >= Heat.SERIOUS:
        if on_battery and _below(readings.battery, limits.low_battery):
            words = f"Paused: the machine is hot and the battery is low{_percent(readings)}."
            return _paused(Reason.HOT_ON_BATTERY, words)
        return _throttled(Reason.HOT, "Running slower because the machine is hot.", limits)
    if heat >= Heat.FAIR and on_battery and _below(readings.battery, limits.fair_battery):
        words = f"Running slower to save battery{_percent(readings)}."
        return _throttled(Reason.WARM_ON_BATTERY, words, limits)
    if readings.low_power:
        percent = _percent(readings) if on_battery else ""
        words = f"Running slower: your system is set to save power{percent}."
        return _throttled(Reason.LOW_POWER, words, limits)
    return _full(readings, limits)


def _full(readings: Readings, limits: Limits) -> Plan:
    if readings.on_mains:
        return Plan()
    if readings.on_mains is None:
        words = "Full power. Nothing runs in the background: whether there is mains is unknown."
        return Plan(words=words, background_allowed=False)
    words = f"Full power on battery{_percent(readings)}."
    if not limits.background_on_battery:
        words += " Nothing runs in the background."
    return Plan(
        reason=Reason.ON_BATTERY, words=words, background_allowed=limits.background_on_battery
    )


def _throttled(reason: Reason, words: str, limits: Limits) -> Plan:
    return Plan(
        Mode.THROTTLED,
        reason,
        words,
        threads=max(1, limits.threads // 2),
        token_delay_ms=limits.token_delay_ms,
        max_reply_tokens=limits.reply_tokens,
        background_allowed=False,
    )


def _paused(reason: Reason, words: str) -> Plan:
    return Plan(Mode.PAUSED, reason, words, background_allowed=False)


def _going_on(plan: Plan, limits: Limits) -> Plan:
    why = plan.words.removeprefix("Paused: ")
    words = f"Going on slowly, as you chose, although {why}"
    return _throttled(Reason.GOING_ON, words, limits)


def _below(battery: float | None, limit: float) -> bool:
    return battery is not None and battery < limit


def _percent(readings: Readings) -> str:
    """The charge in brackets; rounded down, so that no limit is shown that was not reached."""
    return "" if readings.battery is None else f" ({percent(readings.battery)})"
