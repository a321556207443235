"""The real window in this process, for measuring it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from PySide6.QtWidgets import QApplication

from assistant.app import App
from assistant.events import EventSink
from assistant.paths import Profile
from benchmarks.harness import PASSPHRASE
from ui.desktop import Desktop
from ui.holding import hold
from ui.process import put_window_first
from ui.theme.style import dress, system_theme
from ui.window import Window


@contextmanager
def open_window(profile: Profile, build: Callable[[Profile, EventSink], App]) -> Iterator[Window]:
    """Show Hush as a start does, over a core of the benchmark's own.

    Args:
        profile: Prepared; its vault opens with ``PASSPHRASE``.
        build: Builds the core, on a thread.
    """
    put_window_first()
    with ExitStack() as stack:
        application = QApplication(sys.argv[:1])
        application.setStyle("Fusion")
        dress(application, system_theme())
        held = hold(profile, stack)
        window = Window(system_theme())
        desktop = Desktop(window, profile, stack, PASSPHRASE, build)
        stack.callback(desktop.close)
        window.first_painted.connect(lambda: desktop.start(held))
        window.show()
        yield window
