"""The place for search, and going to anything."""
