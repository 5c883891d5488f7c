"""Public data sets by name, and the Taste Profile."""
