"""What Windows says of screen lock and sleep. Written from its manuals; not yet run on Windows.

A hidden window on a thread of its own: lock comes as WM_WTSSESSION_CHANGE once asked for
(WTSRegisterSessionNotification), sleep as the broadcast WM_POWERBROADCAST, which a message-only
window would not get. Windows waits about two seconds for the answer to the latter.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from typing import Any, ClassVar, Final

from assistant.log import log_event
from assistant.machine.session_reasons import SCREEN_LOCKED, SLEEP

_WM_QUIT: Final = 0x0012
_WM_POWERBROADCAST: Final = 0x0218
_WM_WTSSESSION_CHANGE: Final = 0x02B1
_PBT_APMSUSPEND: Final = 0x0004
_WTS_SESSION_LOCK: Final = 0x7
_NOTIFY_FOR_THIS_SESSION: Final = 0
_SLEEP_WAITS_SECONDS: Final = 1.5
_CLASS: Final = "HushSession"


def reason_of(message: int, parameter: int) -> str:
    """The reason to lock that a window's message gives; empty for any other message."""
    if (message, parameter) == (_WM_WTSSESSION_CHANGE, _WTS_SESSION_LOCK):
        return SCREEN_LOCKED
    return SLEEP if (message, parameter) == (_WM_POWERBROADCAST, _PBT_APMSUSPEND) else ""


class SessionWindow:
    """A ``Source`` that is a hidden window.

    Args:
        report: Gets the reasons.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._locked = threading.Event()
        self._stopped = False
        self._thread = 0

    @property
    def name(self) -> str:
        """See ``Source.name``."""
        return "window"

    def run(self) -> None:
        """See ``Source.run``."""
        try:
            self._pump()
        except Exception as error:  # noqa: BLE001 - a missing function must not reach the person
            log_event("session.window", gone=type(error).__name__)

    def locked(self) -> None:
        """See ``Source.locked``."""
        self._locked.set()

    def stop(self) -> None:
        """See ``Source.stop``."""
        self._stopped = True
        self._locked.set()
        if sys.platform == "win32" and self._thread:
            ctypes.WinDLL("user32").PostThreadMessageW(self._thread, _WM_QUIT, 0, 0)

    def _take(self, message: int, parameter: int) -> None:
        reason = reason_of(message, parameter)
        if not reason:
            return
        self._locked.clear()
        self._report(reason)
        if reason == SLEEP:
            self._locked.wait(_SLEEP_WAITS_SECONDS)  # the machine sleeps when this returns

    def _pump(self) -> None:
        if sys.platform != "win32":
            return
        user, kernel, wts = (ctypes.WinDLL(name) for name in ("user32", "kernel32", "wtsapi32"))
        user.DefWindowProcW.argtypes = list(_Procedure.argtypes)
        user.DefWindowProcW.restype = ctypes.c_ssize_t
        user.CreateWindowExW.restype = ctypes.c_void_p
        wts.WTSRegisterSessionNotification.argtypes = [ctypes.c_void_p, ctypes.c_uint32]

        def procedure(window: Any, message: int, word: Any, long: Any) -> int:
            self._take(message, int(word or 0))
            return int(user.DefWindowProcW(window, message, word, long))

        kept = _Procedure.make(procedure)  # Windows calls it as long as the window lives
        name = f"{_CLASS}{threading.get_ident()}"
        shape = _WindowClass(lpfnWndProc=ctypes.cast(kept, ctypes.c_void_p), lpszClassName=name)
        user.RegisterClassW(ctypes.byref(shape))
        window = user.CreateWindowExW(0, name, None, 0, 0, 0, 0, 0, None, None, None, None)
        wts.WTSRegisterSessionNotification(window, _NOTIFY_FOR_THIS_SESSION)
        self._thread = kernel.GetCurrentThreadId()
        message = _Message()
        while not self._stopped and user.GetMessageW(ctypes.byref(message), None, 0, 0) > 0:
            user.DispatchMessageW(ctypes.byref(message))
        user.DestroyWindow(ctypes.c_void_p(window))


class _WindowClass(ctypes.Structure):
    """WNDCLASSW of winuser.h."""

    _fields_: ClassVar = [
        ("style", ctypes.c_uint),
        ("lpfnWndProc", ctypes.c_void_p),
        ("cbClsExtra", ctypes.c_int),
        ("cbWndExtra", ctypes.c_int),
        ("hInstance", ctypes.c_void_p),
        ("hIcon", ctypes.c_void_p),
        ("hCursor", ctypes.c_void_p),
        ("hbrBackground", ctypes.c_void_p),
        ("lpszMenuName", ctypes.c_wchar_p),
        ("lpszClassName", ctypes.c_wchar_p),
    ]


class _Message(ctypes.Structure):
    """MSG of winuser.h."""

    _fields_: ClassVar = [
        ("hwnd", ctypes.c_void_p),
        ("message", ctypes.c_uint),
        ("wParam", ctypes.c_size_t),
        ("lParam", ctypes.c_ssize_t),
        ("time", ctypes.c_uint32),
        ("x", ctypes.c_long),
        ("y", ctypes.c_long),
    ]


class _Procedure:
    """WNDPROC of winuser.h."""

    argtypes = (ctypes.c_void_p, ctypes.c_uint, ctypes.c_size_t, ctypes.c_ssize_t)

    @staticmethod
    def make(call: Callable[[Any, int, Any, Any], int]) -> Any:
        """A C function of it."""
        if sys.platform != "win32":
            raise OSError("this is Windows's")
        return ctypes.WINFUNCTYPE(ctypes.c_ssize_t, *_Procedure.argtypes)(call)
