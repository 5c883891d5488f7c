"""From plays to factors: the loss, half-steps, the split into personas, and users on fixed items."""
