"""What the model sees of a conversation: fitted, summarised, and read ahead of the question."""
