"""E-mail addresses and keys. Pure.

Every expression reads a bounded number of characters from where it begins, and begins at
something that is found without one: time grows with the text, whatever the text is.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from assistant.redaction.records import Found, Sort
from assistant.redaction.words import Rule, rule

# The common part of RFC 5321 (4.1.2), with letters beyond ASCII (RFC 6531); 64 octets at most.
_LOCAL: Final = re.compile(r"[A-Za-zÀ-ɏ0-9._%+'’\-]{1,64}")
_LABEL: Final = r"[A-Za-zÀ-ɏ0-9](?:[A-Za-zÀ-ɏ0-9-]{0,61}[A-Za-zÀ-ɏ0-9])?"
_DOMAIN: Final = re.compile(
    rf"(?:{_LABEL}\.){{1,6}}(?:xn--[a-z0-9-]{{2,59}}|[A-Za-zÀ-ɏ]{{2,24}})(?![A-Za-zÀ-ɏ0-9])"
)
_AT: Final = re.compile("@|%40")
_EDGES: Final = ".%+-'’"
# "icon@2x.png" is a file; "git@" is everybody at a host that keeps code.
_FILE_ENDINGS: Final = ("png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "css", "js", "ts", "py")
_NOBODY: Final = frozenset({"git", "hg", "svn"})

# Keys that say whose they are, as their makers write them in their documentation.
_PREFIXED: Final = re.compile(
    r"(?:sk-[A-Za-z0-9_\-]{16,255}|[rsp]k_(?:live|test)_[A-Za-z0-9]{10,255}|gh[opsur]_[A-Za-z0-9]{16,255}"
    r"|github_pat_[A-Za-z0-9_]{20,255}|A(?:KIA|SIA|IDA|ROA)[A-Z0-9]{16}|xox[abeoprs]-[A-Za-z0-9\-]{10,255}"
    r"|xapp-[A-Za-z0-9\-]{10,255}|AIza[A-Za-z0-9_\-]{30,60}|ya29\.[A-Za-z0-9_\-]{20,255}"
    r"|GOCSPX-[A-Za-z0-9_\-]{20,60}|glpat-[A-Za-z0-9_\-]{16,64}|hf_[A-Za-z0-9]{20,60}|npm_[A-Za-z0-9]{30,60}"
    r"|pypi-[A-Za-z0-9_\-]{30,255}|SG\.[A-Za-z0-9_\-]{16,40}\.[A-Za-z0-9_\-]{20,80}|whsec_[A-Za-z0-9]{20,80}"
    r"|dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|key-[a-f0-9]{32}"
    r"|AGE-SECRET-KEY-1[A-Z0-9]{50,70}|[0-9]{8,10}:AA[A-Za-z0-9_\-]{30,40})"
)
_BEFORE_KEY: Final = re.compile(r"(?<![A-Za-z0-9])(?=[sprgAxyGhnSwdk0-9])")
_TOKEN: Final = re.compile(
    r"(?<![\w\-])eyJ[\w\-]{5,8000}+\.[\w\-]{5,8000}+\.(?:[\w\-]{5,8000}+)?", re.ASCII
)
_PEM: Final = "-----BEGIN "
_PEM_HEAD: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_PEM_BODY: Final = re.compile(r"(?:[ \t]*(?:\r?\n|\\n)[ \t]*[A-Za-z0-9+/=]{16,120}){0,400}")
_LONGEST_PEM: Final = 20_000
_IN_URL: Final = re.compile(r"://[^\s/:@\"'<>]{0,100}:(?P<it>[^\s/@\"'<>]{1,200})@")

_KEY_WORD: Final = (
    r"(?:(?:user|db|database|root|admin|wifi|wlan|wi-fi|master|api|access|secret|private|license"
    r"|auth|client|session|bearer|refresh|bot|app|account|encryption|signing|service|deploy)"
    r"[_\- ]?){0,3}"
    r"(?:pass(?:word|wort|wd|phrase|code)s?|pwd|pw|psk|kennwort|pin|pincode|puk|tan|otp|secret|token"
    r"|api[_\- ]?key|key|mot de passe|mdp|code pin|contraseña|clave|zugangscode|schlüssel"
    r"|lizenzschlüssel|wiederherstellungscode|recovery code|security code|sicherheitscode|cvv|cvc)"
)
_ITS_WORDS: Final = (
    "user db database root admin wifi wlan wi master api access secret private license auth client "
    "session bearer refresh bot app account encryption signing service deploy password passwords "
    "passwort passwd passphrase passcode pwd pw psk kennwort pin pincode puk tan otp token apikey "
    "mot mdp code contraseña clave zugangscode schlüssel lizenzschlüssel wiederherstellungscode "
    "recovery security sicherheitscode cvv cvc"
)
# Behind a colon or a sign of equality anything may be one; behind "is" only what looks like one.
RULES: Final[tuple[Rule, ...]] = (
    rule(
        Sort.KEY,
        _ITS_WORDS,
        rf"{_KEY_WORD}(?:\s?\([^)\n]{{1,30}}\)"
        r"|[ ](?:for|für|pour|para|of|del|de|der|zum)[ ][^\n:=]{1,40}?)?"
        r"[\"'`*]{0,3}[ \t]{0,3}(?::=|=>|[:=])[ \t]{0,3}(?:\r?\n[ \t]{0,8})?[\"'`*„“«]{0,3}"
        r"(?P<it>[^\s\"'`<>„“”«»,;]{4,200})",
        re.IGNORECASE,
    ),
    rule(
        Sort.KEY,
        _ITS_WORDS,
        rf"{_KEY_WORD}(?:[ ](?:for|für|pour|para|of|vom|zum|del|de)(?:[ ][^\s]{{1,20}}){{1,3}}?)?"
        r"(?:[ ](?:is|ist|lautet|est|es|was|war|now|jetzt|still|noch|immer)){1,3}:?[ ]"
        r"[\"'`„“«]?(?P<it>(?=[^\s\"'`<>„“”«»,;]{0,60}[0-9])[^\s\"'`<>„“”«»,;]{4,200})",
        re.IGNORECASE,
    ),
    rule(
        Sort.KEY,  # "key" alone is many things: only what is long and has a digit in it
        "key keys clé",
        r"(?:key|keys|clé)[\"']?(?:[ ]?[:=]|[ ](?:is|was|est))[ ]?[\"'`]?"
        r"(?P<it>(?=[^\s\"'`]{0,60}[0-9])[A-Za-z0-9+/_.=\-]{12,200})",
        re.IGNORECASE,
    ),
    rule(
        Sort.KEY,
        "bearer basic",
        r"(?i:bearer|basic)[ \t]{1,3}"
        r"(?P<it>(?=[A-Za-z._~+/\-]{0,60}[0-9])[A-Za-z0-9._~+/\-]{12,4000}={0,2})",
    ),
)
# What stands where a key would, and is none.
_NO_KEY: Final = re.compile(
    r"(?:[*•x.…_\-]+|required|optional|string|str|int|none|null|nil|true|false|undefined|bool|text|hidden"
    r"|redacted|unknown|missing|empty|expired|invalid|wrong|correct|incorrect|forgotten|vergessen|falsch"
    r"|\$\{?.*|\{\{.*|\{[a-z_.]*\}?|%[a-z_({].*|\[.*\]?|os\..*|process\..*|env[.(\[].*|self\..*|get.*\(.*|input\(.*"
    r"|https?://.*|.*\(\)?|n/?a|tbd|todo|yes|no|ja|nein|oui|non|the|your|see|siehe|same|like|whatever)[.!?)]?",
    re.IGNORECASE,
)
_RUN: Final = re.compile(r"[A-Za-z0-9+/_\-]{20,400}+={0,2}")
_HEX: Final = re.compile(r"[0-9a-fA-F\-]+")
_PIECES: Final = re.compile(r"[+/_\-=]+")
_LEAST_BITS: Final = 3.5
"""Of entropy a character: English words written together have 2.8 to 3.4 at such lengths."""
_LEAST_CHANGES: Final = 0.28
"""Share of neighbours of different kinds (small, capital, digit); base 62 at random has 0.62."""
_LEAST_PIECE: Final = 12


def emails(text: str) -> Iterator[Found]:
    """E-mail addresses, also in an address of the web, where ``@`` is ``%40``."""
    if "@" not in text and "%40" not in text:
        return
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        if domain is None or domain[0].rpartition(".")[2].lower() in _FILE_ENDINGS:
            continue
        local = _LOCAL.match(text[max(0, at.start() - 64) : at.start()][::-1])
        written = local[0][::-1].lstrip(_EDGES) if local is not None else ""
        if written and written not in _NOBODY:
            yield Found(at.start() - len(written), domain.end(), Sort.EMAIL)


def keys(text: str) -> Iterator[Found]:
    """Keys, tokens and private keys that can be told by how they look."""
    end = 0
    for start in _BEFORE_KEY.finditer(text):
        match = _PREFIXED.match(text, start.start()) if start.start() >= end else None
        if match is not None:
            end = match.end()
            yield Found(*match.span(), Sort.KEY)
    for match in _TOKEN.finditer(text):
        yield Found(*match.span(), Sort.KEY)
    for match in _in_addresses(text):
        yield Found(*match.span("it"), Sort.KEY)
    yield from _private_keys(text)
    yield from _random(text)


def is_key(value: str) -> bool:
    """Whether what stands behind "password:" can be one."""
    return not _NO_KEY.fullmatch(value)


def without_stop(text: str, found: Found) -> Found:
    """A password at the end of a sentence, without the sentence's stop."""
    value = text[found.start : found.end].rstrip(")]}")
    if len(value) > 4 and value[-1] in ".:?":
        value = value[:-1]
    return Found(found.start, found.start + len(value), found.sort)


def _in_addresses(text: str) -> Iterator[re.Match[str]]:
    """Passwords in addresses: ``postgres://user:password@host``."""
    at = text.find("://")
    while at >= 0:
        match = _IN_URL.match(text, at)
        if match is not None:
            yield match
        at = text.find("://", at + 3)


def _private_keys(text: str) -> Iterator[Found]:
    """From BEGIN to END; without an END as far as lines look like one."""
    at = text.find(_PEM)
    while at >= 0:
        head = _PEM_HEAD.match(text, at)
        end = at + len(_PEM)
        if head is not None:
            foot = text.find("-----END ", head.end(), head.end() + _LONGEST_PEM)
            close = text.find("-----", foot + 9, foot + 90) if foot >= 0 else -1
            body = _PEM_BODY.match(text, head.end())
            end = close + 5 if close >= 0 else body.end() if body else head.end()
            yield Found(at, end, Sort.KEY)
        at = text.find(_PEM, end)


def _random(text: str) -> Iterator[Found]:
    for run in _RUN.finditer(text):
        before = text[max(0, run.start() - 8) : run.start()].lower()
        if not before.endswith(("base64,", "sha256:", "sha512:", "sha1:")) and _looks_random(
            run[0]
        ):
            yield Found(*run.span(), Sort.KEY)


def _looks_random(run: str) -> bool:
    """Whether it was drawn, not written: no words, no digest, no number."""
    if _HEX.fullmatch(run) or run.startswith(("sha256-", "sha384-", "sha512-")):
        return False
    piece = max(_PIECES.split(run), key=len)
    digits = sum(map(str.isdigit, run))
    if len(piece) < _LEAST_PIECE or digits < 2 or digits > 0.7 * len(run):
        return False
    return _bits(run) >= _LEAST_BITS and _changes(piece) >= _LEAST_CHANGES


def _bits(text: str) -> float:
    """Shannon entropy of its characters."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _changes(text: str) -> float:
    kinds = ["0" if one.isdigit() else "A" if one.isupper() else "a" for one in text]
    return sum(one != other for one, other in pairwise(kinds)) / (len(text) - 1)
