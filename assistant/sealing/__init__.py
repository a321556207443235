"""The seal: this process and its children can open no socket to the internet."""
