"""The window: the only room that knows Qt. Widgets show state and send intents to services."""
