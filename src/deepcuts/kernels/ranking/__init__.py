"""The best items of every persona, by all scores or by bounds."""
