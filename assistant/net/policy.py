"""May this address be asked, and may a redirect lead there. Pure, and stricter than any browser.

An address is read here by one narrow pattern: what two readers could understand differently (a
backslash, a user's name, an odd way to write an IP address) is refused, not interpreted.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MAX_ADDRESS: Final = 8192
"""Characters. A signed address of a file store takes about 1,500."""

MAX_REDIRECTS: Final = 5
"""File stores take one or two."""

_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})"
    r"(?::(?P<port>[0-9]{1,5}))?"
    # What RFC 3986 allows in a path and a query. A fragment never goes to a server.
    r"(?P<target>(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?\[\]-]*)?)"
    r"(?:\#[\x21-\x7e]*)?"
)
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PATTERN: Final = re.compile(
    r"(?P<any>\*\.)?(?P<name>[^:*]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
)
_PORTS: Final = {"https": 443, "http": 80}
_OWN_NAMES: Final = ("local", "lan", "home.arpa", "internal")
"""Endings that nobody can register: RFC 6762, RFC 8375, and what home routers and ICANN's
resolution of 29 July 2024 keep for networks of one's own."""

_OWN_NETWORKS: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # RFC 1918
        *("127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"),  # RFC 6598: VPNs between one's own
        *("::1/128", "fc00::/7", "fe80::/10"),  # RFC 4193, RFC 4291
    )
)
_LARGEST_PORT: Final = 65_535


class BadAddress(ValueError):
    """Not an address that Hush uses. Holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address, taken apart.

    Attributes:
        scheme: "https" or "http".
        host: Lower case; of an IPv6 address without brackets.
        target: Path and query, beginning with a slash.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def text(self) -> str:
        """The address as it is asked."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"

    @property
    def is_loopback(self) -> bool:
        """Whether it is this computer."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_own_network(self) -> bool:
        """Whether its name says that it is this computer or on one's own network.

        What such a name leads to only the connection tells; see ``may_join``.
        """
        try:
            return _is_own(ipaddress.ip_address(self.host))
        except ValueError:
            own = any(self.host.endswith(f".{name}") for name in _OWN_NAMES)
            return own or "." not in self.host


def read_address(text: str) -> Address:
    """Take an address apart.

    Raises:
        BadAddress: it is none that Hush uses, or too long.
    """
    found = _ADDRESS.fullmatch(text) if len(text) <= MAX_ADDRESS else None
    if not found:
        raise BadAddress
    scheme = found["scheme"]
    port = int(found["port"]) if found["port"] else _PORTS[scheme]
    if not 0 < port <= _LARGEST_PORT:
        raise BadAddress
    target = found["target"]
    return Address(
        scheme, _host(found["host"]), port, target if target.startswith("/") else f"/{target}"
    )


def may_ask(address: Address, *, plain_allowed: bool = False, own_network: bool = False) -> bool:
    """Whether an address may be asked at all: over TLS; without it only near by.

    Args:
        address: Whom to ask.
        plain_allowed: This computer may be asked without TLS.
        own_network: One's own network is what is meant: without TLS, too, but nobody else.
    """
    if own_network:
        return address.is_own_network
    return address.scheme == "https" or (plain_allowed and address.is_loopback)


def may_join(peer: str) -> bool:
    """Whether a connection's other end is this computer or on one's own network.

    Args:
        peer: Its IP address, as the system tells it.
    """
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])  # without an interface's name
    except ValueError:
        return False
    return _is_own(address)


def may_follow(
    first: Address,
    to: Address,
    hosts: Iterable[str],
    *,
    plain_allowed: bool = False,
    own_network: bool = False,
) -> bool:
    """Whether a redirect may lead to an address.

    Args:
        first: What was approved. Its own host may always redirect to itself.
        to: Where the redirect leads.
        hosts: Names, and ``*.name`` for what has one or more labels before it. With ``:port`` that
            port only, else TLS's own or the first address's.
        plain_allowed: As for ``may_ask``.
        own_network: As for ``may_ask``.
    """
    if not may_ask(to, plain_allowed=plain_allowed, own_network=own_network):
        return False
    if first.scheme == "https" and to.scheme != "https":
        return False
    usual = {_PORTS[to.scheme], first.port}
    if to.host == first.host and to.port in usual:
        return True
    return any(_matches(pattern, to, usual) for pattern in hosts)


def may_reach(first: Address, host: str, hosts: Iterable[str]) -> bool:
    """Whether a redirect that ``may_follow`` allows can lead to a host, whatever its port.

    Args:
        first: What was approved.
        host: As ``Address`` has it.
        hosts: As for ``may_follow``.
    """
    try:
        is_host = _host(f"[{host}]" if ":" in host else host) == host
    except BadAddress:
        return False
    return is_host and (host == first.host or any(_is_named(one, host) for one in hosts))


def _is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    real = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any((real or address) in network for network in _OWN_NETWORKS)


def is_pattern(text: str) -> bool:
    """Whether a text is a host, or ``*.`` and a host, as ``may_follow`` takes it."""
    found = _PATTERN.fullmatch(text)
    if not found:
        return False
    try:
        _host(found["name"])
    except BadAddress:
        return False
    # "*.com" is nobody's: a pattern needs a name with a dot.
    return not found["any"] or "." in found["name"]


def _matches(pattern: str, to: Address, usual: set[int]) -> bool:
    found = _PATTERN.fullmatch(pattern)
    if not found or not is_pattern(pattern):
        return False
    if to.port not in ({int(found["port"])} if found["port"] else usual):
        return False
    return _is_named(pattern, to.host)


def _is_named(pattern: str, host: str) -> bool:
    """Whether a pattern is of this host; its port is not looked at."""
    found = _PATTERN.fullmatch(pattern)
    if not found or not is_pattern(pattern):
        return False
    name = _host(found["name"])
    return host.endswith(f".{name}") if found["any"] else host == name


def _host(text: str) -> str:
    """A host in the one way to write it.

    Raises:
        BadAddress: it is none.
    """
    host = text.lower()
    if host.startswith("["):
        try:
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            raise BadAddress from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise BadAddress
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2]):
        # A last label of digits is an IPv4 address (WHATWG, "ends in a number"): 127.1 and
        # 0x7f000001 are, too, to some who read it.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise BadAddress from None
    return host
