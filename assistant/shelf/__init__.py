"""The model shelf: what is on it, what fits this machine, how models come, go and are measured."""
