"""The proxy that this system wants used, if any; in the net child only.

The environment's (``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``), and on macOS and Windows what is
set in the system. Linux desktops keep theirs where only their own programs look.
"""

from __future__ import annotations

from urllib.request import getproxies, proxy_bypass

from assistant.net.policy import Address

_SCHEMES = ("http://", "https://")


class NoSuchProxy(Exception):
    """What is set as a proxy is none that Hush can use."""


def proxy_for(address: Address, *, own_network: bool = False) -> str:
    """The proxy's address, with a name and password perhaps; empty: none.

    Args:
        address: Whom to ask.
        own_network: It is near by, so nobody further away is to be told.

    Raises:
        NoSuchProxy: it is of a kind that is not known, like SOCKS.
    """
    if own_network or address.scheme == "http":
        return ""  # a proxy would be told what was not to leave this computer, or this network
    known = getproxies()
    proxy = known.get(address.scheme) or known.get("all") or ""
    if not proxy or proxy_bypass(f"{_written(address.host)}:{address.port}"):
        return ""
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if not proxy.startswith(_SCHEMES):
        raise NoSuchProxy
    return proxy


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host
