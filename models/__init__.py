"""The model shelf: what a model file is and where it lies. A leaf; it imports nothing of Hush."""
