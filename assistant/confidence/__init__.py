"""How far an answer of the local model can be trusted, and why not further."""
