"""Importing and exporting, with progress and a report."""
