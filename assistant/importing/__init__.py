"""Import and export: files of other programs to notes and chats, and back."""
