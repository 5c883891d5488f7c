"""Simple rivals and controls with the interface of the model."""
