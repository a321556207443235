"""The ways into a vault: finding the key, making and changing ways in, and destroying them."""
