"""Measures the server under load."""
