"""The headers that every request of Hush has, whatever it asks; shown where a person approves."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from assistant import __version__

OURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accept": "*/*",
        "accept-encoding": "identity",  # a digest is of the bytes as they are stored
        "connection": "close",
        "user-agent": f"Hush/{__version__}",
    }
)
