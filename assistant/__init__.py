"""Hush's core: everything the program does, usable from a terminal with no Qt installed."""

__version__ = "0.1.0"
