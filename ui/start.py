"""The window's process: profile and window first, everything else after the first paint."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from assistant.errors import HushError, ProfileInUse
from assistant.instance import Instance, raise_first
from assistant.machine.hardening import harden_process
from assistant.machine.threads import one_thread_for_products
from assistant.net.starting import passed_on
from assistant.outside import Outside, as_it_is
from assistant.paths import Profile
from ui.desktop import Desktop, build_core
from ui.holding import hold
from ui.lock.relaunch import replace_process
from ui.lock.resumption import Resumption
from ui.process import problems_logged, put_window_first, quit_on_signals
from ui.theme.icons import app_icon
from ui.theme.style import dress, system_theme
from ui.window import Window

_APP_ID: Final = "app.hush.Hush"  # as packaging/ names the desktop entry
_UNSEEN_MILLISECONDS: Final = 2_000
"""After which a window that was not painted goes on: minimised, or behind a locked screen."""


def run(
    profile: Profile,
    passphrase: str | None = None,
    resumption: Resumption | None = None,
    outside: Outside | None = None,
) -> int:
    """Open the window and stay until it is closed; returns the exit code.

    Args:
        profile: Where everything is kept. Where another Hush holds it, that one's window comes
            forward and this one ends.
        passphrase: From the command line; opens the vault, or makes it.
        resumption: What the process before this one was locked with, if it was.
        outside: What this process was parted from; by default what stands around it already.
    """
    outside = outside or as_it_is()
    harden_process()
    one_thread_for_products()
    put_window_first()
    with ExitStack() as stack:
        holds = stack.enter_context(ExitStack())  # let go last, also where it is taken late
        held: Instance | HushError
        try:
            held = hold(profile, holds)
        except ProfileInUse as error:
            if raise_first(profile):
                return 0
            held = error
        except HushError as error:
            held = error
        application = _application()
        window = Window(system_theme())
        desktop = Desktop(
            window,
            profile,
            holds,
            passphrase,
            partial(build_core, outside=outside),
            resumption=resumption,
            become=partial(replace_process, broker=partial(passed_on, outside.net)),
        )
        stack.enter_context(problems_logged(desktop.tell, profile.crashes))
        stack.enter_context(quit_on_signals(window.close))
        stack.callback(desktop.close)
        application.styleHints().colorSchemeChanged.connect(desktop.follow_system)
        begin = partial(desktop.start, held)
        window.first_painted.connect(begin)
        QTimer.singleShot(_UNSEEN_MILLISECONDS, begin)
        window.show()
        return application.exec()


def _application() -> QApplication:
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Hush")
    application.setOrganizationName("Hush")
    application.setDesktopFileName(_APP_ID)
    application.setWindowIcon(app_icon())
    application.setStyle("Fusion")  # the same measures on every system; the colours are ours
    dress(application, system_theme())
    return application
