"""What a visitor has chosen and what the model makes of it; nothing here knows of the page."""
