"""TLS as the system trusts: its own certificates, and no way to switch the check off."""

from __future__ import annotations

import ssl
from typing import TypeAlias

import truststore

Trust: TypeAlias = ssl.SSLContext
"""Whom a connection trusts."""

_EXPIRED = frozenset({9, 10})  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
_ISSUER = frozenset({2, 18, 19, 20, 21})  # of OpenSSL's x509_vfy.h: nobody known signed it
_NAME = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


def trusted_context() -> Trust:
    """A context that checks certificate and host by the system's store; TLS 1.2 at least."""
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def read_ahead(trust: Trust) -> None:
    """Read the system's certificates now: else they are read when the first connection is made."""
    trust.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")


def tls_fault(error: BaseException) -> str | None:
    """What was wrong with TLS: "expired", "name", "issuer" or "other"; None: something else."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, ssl.SSLCertVerificationError):
            return _certificate_fault(one.verify_code)
        if isinstance(one, ssl.SSLError) and not isinstance(one, ssl.SSLEOFError):
            return "other"
        waiting += [one.__cause__, one.__context__]
    return None


def _certificate_fault(code: int) -> str:
    for fault, codes in (("expired", _EXPIRED), ("issuer", _ISSUER), ("name", _NAME)):
        if code in codes:
            return fault
    return "other"
