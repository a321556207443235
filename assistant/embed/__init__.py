"""The embedding model: exported once in a child process, then served by ONNX Runtime."""
