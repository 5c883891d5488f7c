"""Splitting the items of users into personas, and how far personas are apart."""
