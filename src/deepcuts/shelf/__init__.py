"""The model on files that many machines reach: what its tasks do, and what runs between them, on any engine."""
