"""Measures weights."""
