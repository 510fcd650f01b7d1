"""Measures recipes and training."""
