"""What the model does with a note when asked: offered, shown as a difference, accepted or not."""
