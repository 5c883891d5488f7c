"""Metrics on ranked lists."""
