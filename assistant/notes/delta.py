"""An earlier text as its difference from a later one: what was kept is named, the rest is there.

Both are taken as UTF-8. What they begin and end with alike is found first, which is all that an
ordinary edit leaves to find; in what is between, whole lines that the later text has, too. This
takes time in proportion to the texts, where the best possible difference takes the square.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Final

from assistant.errors import VaultDamaged

_COPY: Final = 0  # then the place in the later text, and how many bytes
_GIVEN: Final = 1  # then how many bytes, and they
_LEVEL: Final = 3  # of zlib: 10 MB in 0.1 s, and within a tenth of the smallest
_LEAST: Final = 12  # bytes that naming a line instead of giving it should save


def difference(earlier: str, later: str = "") -> bytes:
    """What ``restored`` makes ``earlier`` of, given ``later``; without that, the text itself."""
    want, have = earlier.encode(), later.encode()
    head = common_beginning(want, have)
    tail = common_end(want[head:], have[head:])
    steps = _Steps()
    steps.copy(0, head)
    _between(steps, want[head : len(want) - tail], have[head : len(have) - tail], head)
    steps.copy(len(have) - tail, tail)
    return zlib.compress(steps.ended(), _LEVEL)


def restored(data: bytes, later: str = "") -> str:
    """The earlier text.

    Raises:
        VaultDamaged: the difference is none, or not one from ``later``.
    """
    have = later.encode()
    try:
        parts = list(_parts(zlib.decompress(data), have))
        return b"".join(parts).decode()
    except (zlib.error, IndexError, UnicodeDecodeError):
        raise VaultDamaged(
            "An earlier version of this note cannot be read. The note itself is whole.",
            "A backup may still hold it.",
        ) from None


def common_beginning(one: bytes, other: bytes) -> int:
    """How many bytes they begin with alike."""
    return _longest(min(len(one), len(other)), lambda a, b: one[a:b] == other[a:b])


def common_end(one: bytes, other: bytes) -> int:
    """How many bytes they end with alike."""
    first, second = len(one), len(other)
    return _longest(
        min(first, second),
        lambda a, b: one[first - b : first - a] == other[second - b : second - a],
    )


class _Steps:
    """Copies and given bytes, in their order; what follows on is one step."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._given = bytearray()
        self._from = self._length = 0

    def copy(self, place: int, length: int) -> None:
        if not length:
            return
        if self._length and self._from + self._length == place and not self._given:
            self._length += length
            return
        self._close()
        self._from, self._length = place, length

    def give(self, data: bytes) -> None:
        if data and self._length:
            self._close()
        self._given += data

    def ended(self) -> bytes:
        self._close()
        return bytes(self._bytes)

    def _close(self) -> None:
        if self._length:
            self._bytes += bytes([_COPY]) + _number(self._from) + _number(self._length)
        if self._given:
            self._bytes += bytes([_GIVEN]) + _number(len(self._given)) + self._given
        self._length = 0
        self._given.clear()


def _between(steps: _Steps, want: bytes, have: bytes, offset: int) -> None:
    """Lines that ``have`` has, too, are copied from it; ``offset`` is where it begins."""
    places: dict[bytes, int] = {}
    at = 0
    for line in have.splitlines(keepends=True):
        places.setdefault(line, at)
        at += len(line)
    follows = -1  # in ``have``, on what was copied last
    for line in want.splitlines(keepends=True):
        if follows >= 0 and have.startswith(line, follows):
            place = follows
        else:
            place = places.get(line, -1) if len(line) >= _LEAST else -1
        if place < 0:
            steps.give(line)
            follows = -1
        else:
            steps.copy(offset + place, len(line))
            follows = place + len(line)


def _parts(steps: bytes, have: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(steps):
        kind = steps[at]
        first, at = _read_number(steps, at + 1)
        if kind == _GIVEN:
            part, length = steps[at : at + first], first
            at += first
        else:
            length, at = _read_number(steps, at)
            part = have[first : first + length]
        if len(part) != length:
            raise IndexError
        yield part


def _number(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that there are more."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _read_number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 0x80:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
    return value | data[at] << shift, at + 1


def _longest(most: int, alike: Callable[[int, int], bool]) -> int:
    """The largest n for which all below it is alike, by halves: each byte is compared twice."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if alike(low, middle):
            low = middle
        else:
            high = middle - 1
    return low
