"""Markdown to a text document, without HTML: split, parse, make harmless, write."""
