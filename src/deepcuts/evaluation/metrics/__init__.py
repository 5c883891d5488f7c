"""One metric a file: its formula, its source, and the function."""
