"""What was said over the connections in a capture, put together again from its packets.

A word may lie in two packets; looked for in the packets alone it would be missed.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

_FILE_HEAD: Final = 24  # bytes; see pcap-savefile(5)
_MAGIC: Final = b"\xd4\xc3\xb2\xa1"  # microseconds, as this kind of machine writes it
_ETHERNET: Final = 14
_IPV4: Final = b"\x08\x00"
_TCP: Final = 6


def streams(captured: bytes) -> bytes:
    """All streams of TCP over IPv4, one behind the other, each way by itself.

    Args:
        captured: A file as tcpdump writes it from loopback or Ethernet; its last packet may be cut.

    Raises:
        ValueError: it is no such file.
    """
    if not captured.startswith(_MAGIC):
        raise ValueError("not a capture")
    flows: dict[bytes, dict[int, bytes]] = defaultdict(dict)
    for packet in _packets(captured):
        ip = packet[_ETHERNET:]
        if packet[12:_ETHERNET] != _IPV4 or len(ip) < 20 or ip[9] != _TCP:
            continue
        tcp = ip[(ip[0] & 15) * 4 : int.from_bytes(ip[2:4], "big")]
        said = tcp[(tcp[12] >> 4) * 4 :]
        if said:  # said twice under one number, it is the same
            flows[ip[12:20] + tcp[:4]][int.from_bytes(tcp[4:8], "big")] = said
    return b"\n".join(b"".join(said for _, said in sorted(flow.items())) for flow in flows.values())


def _packets(captured: bytes) -> Iterator[bytes]:
    at = _FILE_HEAD
    while at + 16 <= len(captured):
        (length,) = struct.unpack_from("<I", captured, at + 8)
        yield captured[at + 16 : at + 16 + length]
        at += 16 + length
