"""Finding passages of notes and chats, by words and by meaning."""
