"""What lists of rows have in common: how they are painted, and how one moves in them."""
