"""Measures how well characters are read."""
