"""Which addresses may become links, and what a person must see before one is opened.

Only web pages, mail and telephone numbers are links. A file, a share on the network, a script or
a data address is never one, whatever its text says.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ui.markdown.safe_text import revealed

_WEB = frozenset({"http", "https"})
_DIRECT = frozenset({"mailto", "tel"})
_HOST = re.compile(r"[a-z0-9_.:-]+", re.IGNORECASE)  # the colon for IPv6
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Address:
    """An address as a person should see it before it is opened.

    ``text`` is opened and shown, character for character; it is pure ASCII. ``site`` is the host
    as the network knows it (punycode), empty for mail and telephone. ``warnings`` are sentences.
    """

    text: str
    site: str
    warnings: tuple[str, ...]


def is_link(address: str) -> bool:
    """Whether an address may be a link: its scheme, its host and each of its characters."""
    if not address.isascii() or _BLANK_OR_CONTROL.search(address):
        return False
    parts = _split(address)
    if parts is None:
        return False
    if parts.scheme in _DIRECT:
        return bool(parts.path) and not parts.netloc
    return parts.scheme in _WEB and bool(_HOST.fullmatch(parts.hostname or ""))


def examine(address: str) -> Address:
    """What to show for an address that ``is_link`` accepted.

    Raises:
        ValueError: The address is no link.
    """
    parts = _split(address) if is_link(address) else None
    if parts is None:
        raise ValueError("not an address that may be opened")
    site = parts.hostname or ""
    return Address(address, site, tuple(_warnings(parts, site)))


def _split(address: str) -> SplitResult | None:
    """The address in its parts, or None where it has no valid ones (host, port)."""
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises where it is no number up to 65,535
    except ValueError:
        return None
    return parts


def _warnings(parts: SplitResult, site: str) -> list[str]:
    warnings = []
    letters = _in_own_letters(site)
    if letters != site:
        warnings.append(
            f"In its own letters this site's name is “{revealed(letters)}”. "
            "It may look like a name you know and be another one."
        )
    if any(len(_scripts(label)) > 1 for label in letters.split(".")):
        warnings.append("The site's name mixes alphabets.")
    if parts.username is not None and parts.scheme in _WEB:
        warnings.append(f"What stands before “@” is not the site. The site is {site}.")
    return warnings


def _in_own_letters(site: str) -> str:
    """The host with its punycode labels decoded; those that cannot be stay as they are."""
    return ".".join(_decoded(label) for label in site.split("."))


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _scripts(label: str) -> set[str]:
    """The scripts of a label's letters, by the first word of each letter's Unicode name."""
    return {unicodedata.name(char, "UNKNOWN").split()[0] for char in label if char.isalpha()}
