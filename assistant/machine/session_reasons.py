"""Why the system makes Hush lock."""

from __future__ import annotations

from typing import Final

SCREEN_LOCKED: Final = "screen-locked"
SLEEP: Final = "sleep"
