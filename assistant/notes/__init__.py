"""Notes: what a person writes, keeps, tags, links and takes back."""
