"""Coordinate descent over the rows of a half-step."""
