"""Who played what how often: ids, plays, labels, splits, and rows of different lengths in flat arrays."""
