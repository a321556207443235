"""Measured side by side with a peer, in one run, printed as ratios; never part of the tests."""

from assistant.machine.threads import one_thread_for_products

one_thread_for_products()  # as the app does, before any of these modules imports numpy
