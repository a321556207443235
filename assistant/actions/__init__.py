"""What the model does with a text when a person asks: summarise, rewrite, translate."""
