"""A connection to a message bus (D-Bus) that neither the bus nor a peer can hold up.

``jeepney`` makes and takes apart the messages. Its own connections wait for ever where a bus
accepts and then keeps silent, and read whatever a peer sends; here each wait ends with a bell,
each answer has a deadline, and what no known sender sent is dropped unread. Unix sockets only.
"""

from __future__ import annotations

import array
import math
import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageFlag,
    MessageType,
    message_bus,
    new_method_call,
)
from jeepney.auth import BEGIN, Authenticator
from jeepney.bus import get_bus
from jeepney.low_level import calc_msg_size

from assistant.machine.bell import Bell

BUS: Final = "org.freedesktop.DBus"
_FIXED_HEADER: Final = 16  # bytes that tell a message's length; D-Bus specification, messages
_LARGEST: Final = 8192
"""Bytes of a message. What Hush listens to takes some hundred; a peer may send 128 MiB."""
_DESCRIPTORS: Final = 16  # of one message: what dbus-daemon lets through
_ANSWER_SECONDS: Final = 10.0


class BusGone(ConnectionError):
    """There is no bus, or no longer, or it does not answer."""


class Stopped(Exception):
    """The bell's owner wants this thread to end."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal. The bus vouches for ``sender``; everything else is its sender's word."""

    sender: str
    path: str
    interface: str
    member: str
    signature: str
    body: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call brought back. A refusal is an answer with ``refused``, and nothing else."""

    refused: bool
    signature: str
    body: tuple[Any, ...]
    descriptors: list[int]
    """File descriptors that came along. Those left in it are closed when ``then`` returns."""


Then = Callable[[Answer], None]


class BusLink:
    """A connection, open when made. Used on one thread, which alone calls every method.

    Args:
        address: As in ``DBUS_SESSION_BUS_ADDRESS``.
        bell: Interrupts any wait.
        descriptors: Whether answers may bring file descriptors.
        answer_seconds: How long the bus may take to let us in.

    Raises:
        BusGone: there is no bus, or it does not let us in, in time.
        Stopped: while connecting.
    """

    def __init__(
        self,
        address: str,
        bell: Bell,
        *,
        descriptors: bool = False,
        answer_seconds: float = _ANSWER_SECONDS,
    ) -> None:
        self._bell = bell
        self._serial = 0
        self._pending: dict[int, tuple[str, Then]] = {}
        self._known = {BUS: BUS.encode()}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._inbox = _Inbox(self._socket)
        try:
            self._poll = select.poll()
            self._poll.register(bell.fileno(), select.POLLIN)
            self._poll.register(self._socket, select.POLLIN)
            self._enter(address, descriptors, time.monotonic() + answer_seconds)
        except BaseException:
            self.close()
            raise

    def know(self, sender: str) -> None:
        """Listen to a connection, by its unique name like ``:1.5``. Others go unheard."""
        self._known[sender] = sender.encode()

    def forget(self, sender: str) -> None:
        """Listen to a connection no more."""
        self._known.pop(sender, None)

    def match(self, **fields: str) -> None:
        """Ask the bus for signals; ``fields`` as in a match rule, ``arg0`` included."""
        first = fields.pop("arg0", None)
        rule = MatchRule(type="signal", **fields)
        if first is not None:
            rule.add_arg_condition(0, first)
        self._send(message_bus.AddMatch(rule), BUS, _nothing)

    def call(
        self,
        to: str,
        path: str,
        method: str,
        then: Then,
        signature: str | None = None,
        body: tuple[object, ...] = (),
    ) -> None:
        """Call a method and go on; ``then`` gets the answer inside a later ``receive``.

        Args:
            to: A name that ``know`` knows: its answer is believed, nobody else's.
            path: The object.
            method: With its interface, like ``org.freedesktop.DBus.GetNameOwner``.
            then: Never called where no answer comes.
            signature: The body's types.
            body: Arguments.
        """
        interface, _, member = method.rpartition(".")
        target = DBusAddress(path, bus_name=to, interface=interface)
        message = new_method_call(target, member, signature, body)
        # A watcher starts no services.
        message.header.flags = MessageFlag.no_auto_start
        self._send(message, to, then)

    def receive(self, deadline: float | None = None) -> Signal | None:
        """Wait for a signal of a known sender; None where the bell rang, or nothing came of it.

        Args:
            deadline: On ``time.monotonic``; None waits for ever.

        Raises:
            BusGone: it ended, said what is no message, or nothing in time.
            Stopped: the bell's owner wants an end.
        """
        if not self._wait(select.POLLIN, deadline):
            return None
        raw, descriptors = self._inbox.read()
        try:
            if not any(name in raw for name in self._known.values()):
                return None  # by far the cheapest way to bear a flood
            return self._take(raw, descriptors)
        finally:
            _close(descriptors)

    def close(self) -> None:
        """End the connection. Safe to call twice."""
        self._inbox.close()
        self._socket.close()

    def _enter(self, address: str, descriptors: bool, deadline: float) -> None:  # noqa: FBT001
        try:
            place = get_bus(address)
            self._socket.connect(place)  # at once, or never: it is a Unix socket
            talk = Authenticator(enable_fds=descriptors)
            for words in talk:
                self._write(words, deadline)
                self._wait_for_socket(select.POLLIN, deadline)
                talk.feed(self._socket.recv(1024) or _ended())
            self._write(BEGIN, deadline)
        except Stopped:
            raise
        except Exception as error:
            raise BusGone from error
        welcomed: list[Answer] = []
        self._send(message_bus.Hello(), BUS, welcomed.append)
        while not welcomed:
            self._wait_for_socket(select.POLLIN, deadline)
            self._take(*self._inbox.read())  # descriptors: nobody knows our name to send any
        if welcomed[0].refused:
            raise BusGone

    def _take(self, raw: bytes, descriptors: list[int]) -> Signal | None:
        if not raw:
            return None
        try:
            message = Message.from_buffer(raw, fds=descriptors)
        except Exception:  # noqa: BLE001 - of any kind: jeepney trusts its input
            return None
        fields = message.header.fields
        sender = fields.get(HeaderFields.sender, "")
        signature = fields.get(HeaderFields.signature, "")
        if message.header.message_type is MessageType.signal:
            if sender not in self._known:
                return None
            place = (HeaderFields.path, HeaderFields.interface, HeaderFields.member)
            path, interface, member = (str(fields.get(field, "")) for field in place)
            return Signal(sender, path, interface, member, signature, message.body)
        serial = fields.get(HeaderFields.reply_serial, 0)
        expected, then = self._pending.get(serial, (None, _nothing))
        if sender == expected:
            del self._pending[serial]
            if message.header.message_type is MessageType.method_return:
                then(Answer(False, signature, message.body, descriptors))
            else:
                then(Answer(True, "", (), []))
        return None

    def _send(self, message: Message, to: str, then: Then) -> None:
        self._serial += 1
        self._pending[self._serial] = (to, then)
        self._write(message.serialise(serial=self._serial), time.monotonic() + _ANSWER_SECONDS)

    def _write(self, data: bytes, deadline: float) -> None:
        while data:
            self._wait_for_socket(select.POLLOUT, deadline)
            try:
                data = data[self._socket.send(data) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise BusGone from error

    def _wait_for_socket(self, event: int, deadline: float) -> None:
        while not self._wait(event, deadline):
            pass  # rung for something that can be done later

    def _wait(self, event: int, deadline: float | None) -> bool:
        """Wait for the socket; False where the bell rang instead."""
        if self._bell.stopped:
            raise Stopped
        self._poll.modify(self._socket, event)
        left = None if deadline is None else max(0, math.ceil((deadline - time.monotonic()) * 1000))
        ready = {descriptor for descriptor, _ in self._poll.poll(left)}
        if not ready:
            raise BusGone("no answer in time")
        if self._bell.fileno() in ready:
            self._bell.silence()
            if self._bell.stopped:
                raise Stopped
        return self._socket.fileno() in ready


class _Inbox:
    """Cuts what arrives into messages, one read at a time, and keeps what may be ours.

    Never reads beyond a message: the kernel hands out file descriptors with the bytes that they
    were sent with, so they belong to the message that is being read.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._data = b""
        self._descriptors: list[int] = []
        self._skip = 0

    def read(self) -> tuple[bytes, list[int]]:
        """Read once; the message and its descriptors if it is whole, else nothing.

        Raises:
            BusGone: the stream ended or makes no sense.
        """
        if self._skip:
            self._skip -= len(self._received(min(self._skip, 1 << 16)))
            if not self._skip:
                _close(self._descriptors)
            return b"", []
        self._data += self._received(self._size() - len(self._data))
        if len(self._data) < _FIXED_HEADER or len(self._data) < self._size():
            return b"", []
        if len(self._data) == _FIXED_HEADER:  # of a message that is too large
            self._skip = self._whole() - _FIXED_HEADER
            self._data = b""
            return b"", []
        done, self._data = (self._data, self._descriptors), b""
        self._descriptors = []
        return done

    def close(self) -> None:
        """Close what came with a message that never ended."""
        _close(self._descriptors)

    def _size(self) -> int:
        """How far to read: the fixed header, then all; no further where all is too much."""
        if len(self._data) < _FIXED_HEADER:
            return _FIXED_HEADER
        whole = self._whole()
        return whole if whole <= _LARGEST else _FIXED_HEADER

    def _whole(self) -> int:
        try:
            return int(calc_msg_size(self._data[:_FIXED_HEADER]))
        except KeyError as error:
            raise BusGone from error

    def _received(self, size: int) -> bytes:
        room = socket.CMSG_SPACE(_DESCRIPTORS * array.array("i").itemsize)
        try:
            # Not inherited: an inhibitor that outlived this program would delay sleep for ever.
            data, extra, flags, _ = self._socket.recvmsg(size, room, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise BusGone from error
        for level, kind, held in extra:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(held[: len(held) - len(held) % numbers.itemsize])
                self._descriptors.extend(numbers)
        if not data or flags & socket.MSG_CTRUNC:
            _ended()
        return data


def _ended() -> bytes:
    raise BusGone


def _nothing(_: Answer) -> None:
    pass


def _close(descriptors: list[int]) -> None:
    while descriptors:
        os.close(descriptors.pop())
