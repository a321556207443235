"""Locking: when, what covers the window, and the process that takes this one's place."""
