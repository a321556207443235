"""The place of the settings: what can be chosen, and its rows."""
