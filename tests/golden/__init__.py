"""A small profile of every released schema, to open with every later Hush."""
