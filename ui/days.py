"""When something was, in the few words that a list has room for. Times are local."""

from __future__ import annotations

from datetime import datetime
from typing import Final

# Written out: strftime would follow the system's language, and the window speaks English.
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEK: Final = 7  # days


def local(milliseconds: int) -> datetime:
    """Milliseconds since 1970, UTC, as local time."""
    return datetime.fromtimestamp(milliseconds / 1000).astimezone()


def heading(then: datetime, now: datetime) -> str:
    """The group that a moment belongs to. Later moments never come in a later group."""
    days = (now.date() - then.date()).days
    if days <= 0:
        return "Today"
    if days == 1:
        return "Yesterday"
    if days <= _WEEK:
        return "Previous 7 days"
    month = _MONTHS[then.month - 1]
    return month if then.year == now.year else f"{month} {then.year}"


def long_date(then: datetime) -> str:
    """A day, as a sentence says it: "3 March 2024"."""
    return f"{then.day} {_MONTHS[then.month - 1]} {then.year}"


def short_time(then: datetime, now: datetime) -> str:
    """A moment as seen from now: "now", "5m", "3h", "21:04", "Tue", "3 Mar" or "3 Mar 2024"."""
    minutes = int((now - then).total_seconds()) // 60
    days = (now.date() - then.date()).days
    if minutes < 1:
        return "now"
    if days == 0:
        return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h"
    if days == 1:
        return f"{then:%H:%M}"
    if days <= _WEEK:
        return _WEEKDAYS[then.weekday()]
    date = f"{then.day} {_MONTHS[then.month - 1][:3]}"
    return date if then.year == now.year else f"{date} {then.year}"
