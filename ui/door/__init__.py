"""The way in, as pages: first run, unlock, and what to do where the vault cannot be opened."""
