"""Several models over several seeds, under one protocol."""
