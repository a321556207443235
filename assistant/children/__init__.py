"""Child processes: how they are started, limited and spoken to. None has the vault or its key."""
