"""Ranked lists from scores."""
