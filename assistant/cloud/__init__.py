"""The cloud, only when you say so: what would be sent, who approves it, what came of it."""
