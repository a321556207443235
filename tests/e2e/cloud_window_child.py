"""The real window, sealed, in a process of its own: a person asks elsewhere with the keyboard.

Prints one JSON object: what the sheet said, what the ledger holds, what the kernel refuses. The
first argument is the address of a box, the second a folder.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import TypeGuard

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from assistant.access.entrance import Entrance, FirstKeys
from assistant.app import App, Parts
from assistant.clock import SystemClock
from assistant.cloud.records import Provider
from assistant.events import EventSink
from assistant.net.starting import begin_network
from assistant.outside import Outside
from assistant.paths import Profile
from assistant.sealing.choose import install
from assistant.settings import Settings
from benchmarks.desktop import open_window
from benchmarks.harness import CHEAP, PASSPHRASE
from benchmarks.search_watched import live_until
from tests.fakes.engine import FakeEngine
from tests.fakes.secrets import FakeTextStore
from ui.chat.composer import MessageField
from ui.cloud.sheet import ConsentSheet

QUESTION = "Write to anna.larsson@example.org: what is the capital of Portugal?"


def main(address: str, folder: Path) -> None:
    """Do it."""
    net = begin_network()
    seal = install()
    profile = Profile(folder)
    profile.prepare()
    keys = FirstKeys(keyring=False, passphrase=PASSPHRASE)
    Entrance(profile, SystemClock(), cost=CHEAP).create(keys).vault.close()
    apps: list[App] = []

    def build(profile: Profile, sink: EventSink) -> App:
        parts = Parts(
            engine=FakeEngine,
            entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP),
            outside=Outside(net, seal),
            key_texts=FakeTextStore,
        )
        app = App(profile, sink, parts)
        app.save_settings(Settings(cloud=True)).result()
        apps.append(app)
        return app

    with open_window(profile, build) as window:
        live_until(lambda: window.findChild(MessageField) is not None)
        session = apps[0]._session
        assert session
        assert session.cloud
        assert session.ledger
        box = Provider("", "The box", address, "small-1", own_network=True)
        session.cloud.providers.save(box, None).result()
        field = window.findChild(MessageField)
        field.setFocus()
        QTest.keyClicks(field, QUESTION)
        QTest.keyClick(field, Qt.Key.Key_Return)
        live_until(lambda: _button(window, "Ask elsewhere") is not None)
        _press(_button(window, "Ask elsewhere"))
        live_until(lambda: _sheet(window) is not None and _button(window, "Leave out") is not None)
        sheet = _sheet(window)
        assert sheet
        first = window.focusWidget()
        said: dict[str, object] = {"default": first.text() if _is_button(first) else ""}
        _press(_button(sheet, "Leave out"))  # the instructions
        live_until(lambda: _may_send(sheet))
        _press(_button(sheet, "Send to"))
        live_until(lambda: _button(window, "What was sent") is not None)
        rows = session.ledger.rows
        live_until(lambda: bool(rows().result()) and rows().result()[0].result != "")
        said["rows"] = [
            [row.host, row.result, row.bytes_out, row.payload_sha256] for row in rows().result()
        ]
        said["sealed"] = _is_sealed()
    sys.stdout.write(json.dumps(said) + "\n")


def _is_sealed() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    except OSError:
        return True
    return False


def _is_button(widget: QWidget | None) -> TypeGuard[QAbstractButton]:
    return isinstance(widget, QAbstractButton)


def _sheet(window: QWidget) -> ConsentSheet | None:
    return next((one for one in window.findChildren(ConsentSheet) if one.isVisible()), None)


def _button(widget: QWidget, words: str) -> QAbstractButton | None:
    buttons = (one for one in widget.findChildren(QAbstractButton) if one.isVisible())
    return next((one for one in buttons if one.text().startswith(words)), None)


def _may_send(sheet: QWidget) -> bool:
    send = _button(sheet, "Send to")
    return send is not None and send.isEnabled()


def _press(button: QAbstractButton | None) -> None:
    """Press it with the keyboard."""
    assert button
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # its children end with their pipes
