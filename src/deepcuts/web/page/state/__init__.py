"""State of a visitor and what the model computes from it; nothing here knows of the page."""
