"""Titles that Hush gives: to notes whose text has none, and to chats."""
