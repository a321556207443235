"""Copies of the vault: made and proved, kept for a while, tried, and put in its place."""
