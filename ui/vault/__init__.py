"""The vault's place in the window: its keys, its backups, and its end."""
