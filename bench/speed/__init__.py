"""Measures how fast the library and the page are."""
