"""Training loops of the baselines."""
