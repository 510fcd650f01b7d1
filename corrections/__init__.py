"""Keeps what visitors corrected: a store in SQLite."""
