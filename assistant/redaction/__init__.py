"""Personal data in a text: found, swapped for placeholders, and swapped back. Pure."""
