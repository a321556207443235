"""The chat page: the conversation as it is drawn, and the field one writes in."""
