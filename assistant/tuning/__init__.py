"""A copy of the model that is faster on this machine: made, tried and kept, or not."""
