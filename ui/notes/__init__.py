"""The place for notes."""
