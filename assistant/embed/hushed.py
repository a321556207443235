"""ONNX Runtime, told to report nothing before it is loaded.

From 1.29 on it reports to its maker by default: on Linux and macOS as a client of its own, which
keeps an identifier of the machine and what it could not send in ``~/.cache/Microsoft`` (its pull
request 27379); on Windows through the system. The seal would refuse it the way; it shall not try,
and it shall not keep anything. Hush imports it from here, and from nowhere else before that.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, when the library is loaded

import onnxruntime  # not before it is told

onnxruntime.disable_telemetry_events()  # Windows reads no variable

__all__ = ["onnxruntime"]
