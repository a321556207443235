"""How Hush looks: tokens, the style sheet made from them, icons."""
