"""The net child: the only process of Hush with sockets to the internet. It lives for one request.

Before that it may be told of which kind the request will be: it then reads what that kind needs,
says so and waits. It connects to nobody meanwhile, for it does not know to whom.

It gets exactly that request on stdin, tells on stdout what came of it, and ends; also when its
parent goes away, or says so. It is given no vault, no key, no setting and no file of the person's.
It writes to none: the system lets it write no byte to a file. Where there is Landlock it can open,
remove and start none either: it reads its own program, the system's libraries and settings, and
certificates (before Landlock's version 3, Linux 6.2, it may still cut a file short that it knows
the name of). Elsewhere it could read and remove what the person can.
"""

from __future__ import annotations

if __name__ == "__main__":  # before the rest is read, in which somebody could write its memory
    from assistant.machine.hardening import harden_process

    harden_process()

import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import BinaryIO, Final

from assistant.children.frames import BrokenFrame, Frame
from assistant.children.pipes import seize_stdio
from assistant.machine.trace import trace_of
from assistant.net.confined import read_only_system
from assistant.net.framing import read_frame
from assistant.net.records import Failure
from assistant.net.request import CLOUD, MAX_BODY, NetRequest
from assistant.net.telling import Broken, Telling

_EXIT_BUG: Final = 1

Handler = Callable[[NetRequest, Telling], None]
"""Does one kind of request."""


def _fetching() -> Handler:
    from assistant.net.fetching import fetch

    return fetch


def _exchanging() -> Handler:
    from assistant.net.exchange import Exchange

    return Exchange().ask


HANDLERS: Final[Mapping[str, Callable[[], Handler]]] = {"fetch": _fetching, CLOUD: _exchanging}
"""Reads what a kind of request needs, and that kind only: it takes a while."""


def main() -> None:
    """Do the one request on stdin."""
    _write_no_files()
    requests, replies = seize_stdio()
    read_only_system()  # before the first thread: it covers those that come after it
    os._exit(serve(requests, Telling(replies)))  # the listening thread may be inside a read


def serve(requests: BinaryIO, telling: Telling) -> int:
    """Do the one request that comes; how the process is to end.

    Args:
        requests: From the parent.
        telling: To the parent.
    """
    try:
        frame = read_frame(requests)
        kind, handler = _prepared(frame)
        if handler:
            telling.ready()
            frame = read_frame(requests)
        request = _request(frame, requests)
        if request is None:
            return 0
        threading.Thread(target=_listen, args=(requests, telling), daemon=True).start()
        if not handler or request.kind != kind:
            handler = _handler(request.kind)
        handler(request, telling)
    except Broken as broken:
        with suppress(OSError):
            telling.failed(broken)
    except ConnectionError:
        pass  # the parent is gone
    except Exception as error:  # noqa: BLE001 - ours, so the parent logs where: it has the log
        with suppress(OSError):
            telling.crashed(trace_of(error))
        return _EXIT_BUG
    return 0


def _handler(kind: str) -> Handler:
    """What does this kind of request, with all that it needs.

    Raises:
        ValueError: there is no such kind.
    """
    load = HANDLERS.get(kind)
    if not load:
        raise ValueError("no such kind of request")
    return load()


def _prepared(frame: Frame | bytes | None) -> tuple[str, Handler | None]:
    """The kind that a first frame says will be asked, and what does it; None: it is no such frame.

    Raises:
        ValueError: there is no such kind.
    """
    if not isinstance(frame, dict) or frame["op"] != "ready":
        return "", None
    kind = str(frame.get("kind"))
    return kind, _handler(kind)


def _request(frame: Frame | bytes | None, stream: BinaryIO) -> NetRequest | None:
    """The request that a frame begins, and its body; None where the parent changed its mind.

    Raises:
        BrokenFrame, ValueError, KeyError, TypeError: it is none.
    """
    if frame is None:
        return None
    if isinstance(frame, bytes) or frame["op"] != "request":
        raise BrokenFrame("no request")
    size = int(frame["body_bytes"])
    if not 0 <= size <= MAX_BODY:
        raise BrokenFrame("too large")
    body = bytearray()
    while len(body) < size:
        part = read_frame(stream)
        if part is None:
            return None
        if not isinstance(part, bytes):
            raise BrokenFrame("no body")
        body += part
    return NetRequest.from_frame(frame, bytes(body))


def _listen(requests: BinaryIO, telling: Telling) -> None:
    """End with the parent, or when it says so."""
    try:
        frame = read_frame(requests)
    except (BrokenFrame, OSError):
        frame = None
    if isinstance(frame, dict) and frame["op"] == "cancel":
        telling.stop(Failure.CANCELLED)
    else:
        telling.leave()


def _write_no_files() -> None:
    """Whatever a server makes of this process, it leaves nothing on the disk."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    main()
