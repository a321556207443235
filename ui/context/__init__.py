"""What the model sees of a conversation, shown to the person."""
