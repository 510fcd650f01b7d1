"""Writes the figures into the docs."""
