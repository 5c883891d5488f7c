"""Personas by non-negative matrix factorisation."""
