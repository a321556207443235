"""Measured side by side with a peer, in one run, printed as ratios; never part of the tests."""
