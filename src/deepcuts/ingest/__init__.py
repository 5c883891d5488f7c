"""Files and tables into Interactions."""
