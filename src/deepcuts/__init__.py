"""Recommendations for people with several tastes, from familiar to deep cuts."""
