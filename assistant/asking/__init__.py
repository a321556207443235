"""Answers from one's own words: which passages, and where an answer took what from."""
