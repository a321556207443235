"""How hard the model works: what the person reads of it, and what they can want instead."""
