"""The cloud in the window: what would be sent, providers, what waits."""
