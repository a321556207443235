"""The engine: a worker thread that owns a child process that runs llama.cpp."""
