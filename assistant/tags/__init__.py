"""Tags: suggesting, learning from decisions, tagging in bulk, and looking after the tags."""
