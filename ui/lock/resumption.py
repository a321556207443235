"""What a process hands to the one that replaces it: why there is a new one, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget


class LockReason(StrEnum):
    """Why Hush was locked. The value stands on the command line of the new process."""

    BY_HAND = "by-hand"
    IDLE = "idle"
    SCREEN = "screen-locked"
    SLEEP = "sleep"
    RESTART = "restart"  # not locked by anybody: keys or files were replaced

    def words(self, minutes: int) -> str:
        """A sentence for the person; empty where it was their own doing.

        Args:
            minutes: After how many idle ones Hush locks.
        """
        match self:
            case LockReason.IDLE if minutes == 1:
                return "Locked after a minute without a key."
            case LockReason.IDLE if minutes > 1:
                return f"Locked after {minutes:,} minutes without a key."
            case LockReason.IDLE:  # the setting was changed by another hand since
                return "Locked after a while without a key."
            case LockReason.SCREEN:
                return "Locked with your screen."
            case LockReason.SLEEP:
                return "Locked before the computer went to sleep."
            case _:
                return ""


class News(StrEnum):
    """What the process before did last, for the person to hear of in this one."""

    RESTORED = "restored"
    KEY_CHANGED = "key-changed"
    KEY_KEPT = "key-kept"
    ERASED = "erased"
    ROTATING = "rotating"  # cut short: the key was changed, or it was not
    UNTAKEN = "untaken"  # what the model wrote for a note, and nobody accepted

    @property
    def words(self) -> str:
        """A sentence or two for the person; empty where nothing is known."""
        match self:
            case News.RESTORED:
                return "Your chats are restored from the backup."
            case News.KEY_CHANGED:
                return "The vault's key was changed. Your new recovery code counts from now on."
            case News.KEY_KEPT:
                return (
                    "The vault's key was not changed. Your earlier recovery code still counts; "
                    "throw the new one away."
                )
            case News.ERASED:
                return "Everything was erased. What follows begins anew."
            case News.UNTAKEN:
                return (
                    "What the model wrote for your note is gone: nobody accepted it, so it was "
                    "not kept. Your note is as it was."
                )
            case News.ROTATING:
                return ""


class Manner(StrEnum):
    """How the window stood, beside its place and size."""

    MAXIMISED = "maximised"  # its place and size are where it goes back to
    MINIMISED = "minimised"
    BEHIND = "behind"  # the keyboard was in another program: it must not be taken from there


@dataclass(frozen=True, slots=True)
class Resumption:
    """What a new process goes on from. Nothing secret: it stands on a command line.

    Attributes:
        reason: Why there is a new process.
        area: Where the window was, in device-independent pixels; None for the usual place.
        manners: How it stood there.
        conversation_id: What was open; None for a chat that had not begun.
        news: What was done last, or None.
        since: Milliseconds since 1970, UTC: when the newest way into the vault was made, as known
            when its key was about to be changed. A new key has new ways in.
    """

    reason: LockReason
    area: QRect | None = None
    manners: frozenset[Manner] = frozenset()
    conversation_id: int | None = None
    news: News | None = None
    since: int | None = None

    @staticmethod
    def read(reason: str, geometry: str, conversation_id: int | None) -> Resumption | None:
        """Read it from the command line; None where there is nothing to go on from.

        What cannot be read is left out: a start must never fail over it.
        """
        why, *rest = reason.split(",")
        try:
            known = LockReason(why)
        except ValueError:
            return None
        news = next((news for news in News if news in rest), None)
        since = next((_moment(word) for word in rest if word not in set(News)), None)
        words = geometry.split(",")
        manners = frozenset(manner for manner in Manner if manner in words)
        area = _area([word for word in words if word not in manners])
        return Resumption(known, area, manners, conversation_id, news, since)

    @staticmethod
    def from_window(window: QWidget, reason: LockReason) -> Resumption:
        """Where ``window`` stands now, and how."""
        fills_screen = window.isMaximized() or window.isFullScreen()
        area = window.normalGeometry() if fills_screen else QRect(window.pos(), window.size())
        stands = {
            Manner.MAXIMISED: fills_screen,
            Manner.MINIMISED: window.isMinimized(),
            Manner.BEHIND: QGuiApplication.focusWindow() is None,
        }
        manners = frozenset(manner for manner, is_so in stands.items() if is_so)
        return Resumption(reason, area, manners)

    def place(self, window: QWidget) -> None:
        """Put a window that is not shown yet where the one before it was, if that can be seen."""
        if self.area:
            window.resize(self.area.size())
            screens = QGuiApplication.screens()
            if any(screen.availableGeometry().intersects(self.area) for screen in screens):
                window.move(self.area.topLeft())
        states = Qt.WindowState
        if Manner.MAXIMISED in self.manners:
            window.setWindowState(states.WindowMaximized)
        if Manner.MINIMISED in self.manners:
            window.setWindowState(window.windowState() | states.WindowMinimized)
        if self.manners & {Manner.BEHIND, Manner.MINIMISED}:
            window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)

    @property
    def locked(self) -> bool:
        """Whether Hush was locked, and opens only for who can open it."""
        return self.reason is not LockReason.RESTART

    @property
    def arguments(self) -> tuple[str, ...]:
        """As the command line of the new process has it."""
        after = [str(self.reason)]
        if self.news:
            after.append(self.news)
        if self.since is not None:
            after.append(str(self.since))
        words = [f"--after={','.join(after)}"]
        if self.area:
            area = self.area
            numbers = (area.x(), area.y(), area.width(), area.height())
            words.append(f"--geometry={','.join([*map(str, numbers), *sorted(self.manners)])}")
        if self.conversation_id is not None:
            words.append(f"--open={self.conversation_id}")
        return tuple(words)


def _moment(word: str) -> int | None:
    try:
        return int(word)
    except ValueError:
        return None


def _area(numbers: list[str]) -> QRect | None:
    if len(numbers) != 4:  # x, y, width, height
        return None
    try:
        x, y, width, height = (max(-_FAR, min(int(number), _FAR)) for number in numbers)
    except ValueError:
        return None
    return QRect(x, y, width, height) if width > 0 and height > 0 else None


_FAR: Final = 2**20  # pixels; larger than any desk of screens, smaller than a C int
