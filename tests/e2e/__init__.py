"""The whole program: real processes, real model, real keyring, real window."""
