"""The line at the foot of the window, and what its parts open."""
